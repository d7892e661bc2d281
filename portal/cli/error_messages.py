"""Commands say in one line what went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from services.errors import ServiceError, StoreError


@contextmanager
def in_one_line() -> Iterator[None]:
    """Turn what the services and the engine refuse into a line and exit code 1."""
    try:
        yield
    except ServiceError as refused:
        raise click.ClickException(refused.message) from refused
    except StoreError as error:
        raise click.ClickException(
            f"The engine does not answer, or has no tables yet ({error}). Run `ledgerdesk setup` first."
        ) from error
