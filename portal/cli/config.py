"""`ledgerdesk config`: whether the settings are right, and which there are."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any

import click

from portal.cli.columns import in_columns
from portal.cli.product import Product, pass_product
from portal.config.definition import Setting, definitions
from portal.config.providers import ProviderSettings, prefix_of
from portal.config.settings import Settings

group = click.Group("config", help="Check the settings, or list which there are.")


@group.command("check")
@pass_product
def check(product: Product) -> None:
    """Check all settings and print them, secrets left out; exits with 2 when one is wrong."""
    for line in in_columns(list(_current(product.settings))):
        click.echo(line)


@group.command("list")
@click.option("--markdown", is_flag=True, help="Print the tables of docs/operators.md.")
def list_settings(markdown: bool) -> None:
    """List every setting with its default and meaning."""
    own, provider = _documented(Settings, ""), _documented(ProviderSettings, prefix_of("NAME"))
    if not markdown:
        for line in in_columns([*own, *provider]):
            click.echo(line)
        return
    click.echo(markdown_table(own))
    click.echo()
    click.echo(markdown_table(_documented(ProviderSettings, prefix_of("corp"))))


def markdown_table(rows: list[tuple[str, str, str]]) -> str:
    """Return a table as the documentation writes it."""
    lines = ["| name | default | meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in rows]
    return "\n".join(lines)


def _documented(of: type, prefix: str) -> list[tuple[str, str, str]]:
    return [(prefix + one.name, one.shown, one.meaning) for one in definitions(of).values()]


def _current(of: Settings | ProviderSettings, prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, one in definitions(type(of)).items():
        value = getattr(of, key)
        yield prefix + one.name, _shown(one, value)
        for provider in value if key == "providers" else ():
            yield from _current(provider, prefix_of(provider.id))


def _shown(one: Setting, value: Any) -> str:
    if one.secret:
        return "(set)" if value else "(not set)"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple | frozenset):
        return ",".join(map(_word, value if isinstance(value, tuple) else sorted(value)))
    return "" if value is None else str(value)


def _word(value: Any) -> str:
    """Spell one value of a list as the environment does."""
    if is_dataclass(value):
        return str(vars(value)["id"])
    return "=".join(value) if isinstance(value, tuple) else str(value)
