"""Columns of exports: titles with what people and programs need to know, values that spreadsheets read.

Whatever is stored by id is written by name. The ids follow in columns of their own, for programs.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

ExportColumn = tuple[str, Callable[[Any], Any]]


def plain_column(title: str, name: str) -> ExportColumn:
    """Write a value as it is, nothing for None."""
    return title, lambda row: _or_empty(getattr(row, name))


def id_column(title: str, name: str) -> ExportColumn:
    """Write the id behind a name."""
    return f"{title} ID", lambda row: _or_empty(getattr(row, name))


def named_column(title: str, name: str, names: Callable[[], Mapping[str, str]]) -> ExportColumn:
    """Write a name for an id; the id itself for one that has none."""
    known = names()
    return title, lambda row: known.get(getattr(row, name) or "", _or_empty(getattr(row, name)))


def time_column(title: str, name: str) -> ExportColumn:
    """Write a time as spreadsheets of all locales read it; the title names the zone, which is that of the pages."""
    zone: str = current_app.extensions["settings"].time_zone
    local = ZoneInfo(zone)

    def written(row: Any) -> str:
        at: datetime | None = getattr(row, name)
        return f"{at.astimezone(local):%Y-%m-%d %H:%M:%S}" if at is not None else ""

    return f"{title} ({zone})", written


def _or_empty(value: Any) -> Any:
    return "" if value is None else value
