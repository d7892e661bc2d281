"""What the list template is given; every class here is part of the documented context."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import quote

from pynamodb_grid.admin.fields import Field, Kind
from pynamodb_grid.admin.filters import Control, GridFilter
from pynamodb_grid.admin.query import ListQuery
from pynamodb_grid.listing import Page, Sort


class Column(NamedTuple):
    """Is a column's head; sorted is "ascending", "descending" or None, for aria-sort."""

    name: str
    label: str
    sortable: bool
    sort_url: str | None
    sorted: str | None
    editable: bool
    description: str


class Cell(NamedTuple):
    """Is one value: text for people (or Markup of a formatter), and the raw text an editor starts with."""

    text: Any
    value: str | None


class GridRow(NamedTuple):
    """Is one row: item is what the source gave, cells are in the order of columns."""

    pk: str
    version: int | None
    item: Any
    cells: list[Cell]
    details_url: str | None
    edit_url: str | None


class ActiveFilter(NamedTuple):
    """Is a filter in use, with the URL of the list without it."""

    name: str
    label: str
    text: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class FilterBar:
    """Holds the filters in use, all filters as controls, and what a GET form must carry besides."""

    active: list[ActiveFilter]
    available: list[Control]
    clear_url: str
    carry: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Pager:
    """Links to neighbouring pages; None where there is none. sizes is (rows, url, current).

    Lists whose rows are counted have a page number, and the number of pages; a GET form for any other page
    carries `carry` beside its field "page".
    """

    newer_url: str | None
    older_url: str | None
    keep_searching_url: str | None
    first_url: str
    size: int
    sizes: list[tuple[int, str, bool]]
    number: int | None = None
    pages: int | None = None
    carry: Sequence[tuple[str, str]] = ()


def make_columns(
    names: Sequence[tuple[str, str]],
    *,
    sortable: set[str],
    editable: Mapping[str, Any],
    descriptions: Mapping[str, str],
    query: ListQuery,
    sort: Sort | None,
    base: str,
) -> list[Column]:
    """Builds the heads; sorting by the current column turns its direction."""
    columns = []
    for name, label in names:
        current = sort is not None and sort.field == name
        url = state = None
        if current and sort is not None:
            state = "descending" if sort.descending else "ascending"
        if name in sortable:
            down = bool(current and sort is not None and not sort.descending)
            url = replace(query.first(), sort=name, descending=down).url(base)
        description = descriptions.get(name, "")
        columns.append(Column(name, label, name in sortable, url, state, name in editable, description))
    return columns


def make_pager(query: ListQuery, page: Page, size: int, sizes: Sequence[int], base: str) -> Pager:
    """Builds the links around a page."""
    first = query.first()

    def link(cursor: str | None) -> str | None:
        return None if cursor is None else replace(first, cursor=cursor).url(base)

    options = [(n, replace(first, size=n).url(base), n == size) for n in sizes]
    counted = page.number is not None and page.count is not None
    return Pager(
        link(page.previous_cursor),
        link(page.next_cursor),
        link(page.resume),
        first.url(base),
        size,
        options,
        page.number if counted else None,
        max(1, -(-(page.count or 0) // size)) if counted else None,
        first.pairs() if counted else (),
    )


def make_filters(query: ListQuery, filters: Sequence[GridFilter], base: str) -> FilterBar:
    """Describes the filters as they stand."""
    active = [
        ActiveFilter(f.param, f.label, f.shown(query.values[f.param]), query.without(f.param).url(base))
        for f in filters
        if f.param in query.values
    ]
    available = [f.control(query.values.get(f.param, {})) for f in filters]
    bare = replace(query.first(), values={}, search="")
    clear, carry = bare.url(base), bare.pairs()
    return FilterBar(active, available, clear, carry)


def make_editable(names: Sequence[str], fields: Mapping[str, Field]) -> dict[str, dict[str, Any]]:
    """Describes the inline editors, choices once per page."""
    controls: dict[str, dict[str, Any]] = {}
    for name in names:
        field = fields[name]
        kind = "choice" if field.chosen else field.kind.value
        controls[name] = {
            "label": field.label,
            "type": kind,
            "choices": [list(c) for c in field.options()],
            "lookup": field.lookup.url if field.lookup is not None else None,
            "required": field.required,
            "maxlength": field.max_length,
        }
        if field.kind is Kind.BOOLEAN:
            controls[name]["choices"] = [["true", "Yes"], ["false", "No"]]
            controls[name]["type"] = "choice"
    return controls


def make_rows(
    items: Sequence[Any],
    columns: Sequence[Column],
    *,
    pk: Callable[[Any], str],
    version: Callable[[Any], int | None],
    cell: Callable[[Any, Column], Cell],
    details: str | None,
    edit: str | None,
) -> list[GridRow]:
    """Builds the rows; details and edit are URL prefixes that the encoded key completes."""
    rows = []
    for item in items:
        key = pk(item)
        encoded = quote(key, safe="")
        rows.append(
            GridRow(
                key,
                version(item),
                item,
                [cell(item, column) for column in columns],
                details + encoded if details else None,
                edit + encoded if edit else None,
            )
        )
    return rows
