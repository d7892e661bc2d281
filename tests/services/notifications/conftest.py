"""Services that send their email to a real server of the test's own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from services.bootstrap import build_services
from tests.services.conftest import open_harness
from tests.services.harness import Harness, options
from tests.services.smtp_server import Inbox, sender, serving


@pytest.fixture(scope="module")
def inbox() -> Inbox:
    """Return what the server has taken."""
    return Inbox()


@pytest.fixture(scope="module")
def sending(tables, tmp_path_factory, inbox) -> Iterator[Callable[..., Harness]]:
    """Give a function that builds the services with options of the test's own."""
    with ExitStack() as servers:

        def build(**changes: Any) -> Harness:
            folder = tmp_path_factory.mktemp("desk")
            open_harness(tables, folder)
            mailer = sender(servers.enter_context(serving(inbox)), security="none")
            return Harness(build_services(replace(options(tables, folder), mailer=mailer, **changes)))

        yield build
