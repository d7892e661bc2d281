"""The list page's state as it stands in the URL: filters, search, sort, page size and cursor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from pynamodb_grid.admin.filters import GridFilter
from pynamodb_grid.listing import BadRequest, Conditions, Sort

RESERVED = frozenset({"sort", "desc", "search", "size", "cursor", "page", "url", "lang", "lists"})
MAX_VALUES = 100
MAX_TEXT = 200
MAX_CURSOR = 8000
MAX_PAGE_DIGITS = 9


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Holds what the URL asks for; values maps a filter's parameter to its URL values by suffix."""

    values: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    search: str = ""
    sort: str | None = None
    descending: bool = False
    size: int | None = None
    cursor: str | None = None
    number: int | None = None

    def first(self) -> "ListQuery":
        """Returns to the first page."""
        return replace(self, cursor=None, number=None)

    def without(self, param: str) -> "ListQuery":
        """Drops one filter and returns to the first page."""
        values = {name: held for name, held in self.values.items() if name != param}
        return replace(self.first(), values=values)

    def pairs(self) -> list[tuple[str, str]]:
        """Lists the URL parameters."""
        pairs = [
            (f"{name}.{suffix}" if suffix else name, text)
            for name, held in self.values.items()
            for suffix, texts in held.items()
            for text in texts
        ]
        if self.search:
            pairs.append(("search", self.search))
        if self.sort:
            pairs.append(("sort", self.sort))
            if self.descending:
                pairs.append(("desc", "1"))
        if self.size is not None:
            pairs.append(("size", str(self.size)))
        if self.cursor:
            pairs.append(("cursor", self.cursor))
        if self.number is not None:
            pairs.append(("page", str(self.number)))
        return pairs

    def url(self, base: str) -> str:
        """Writes the URL of this state."""
        pairs = self.pairs()
        return f"{base}?{urlencode(pairs)}" if pairs else base


def read_query(
    args: "MultiDict[str, str]", filters: Sequence[GridFilter], sizes: Sequence[int]
) -> tuple[ListQuery, list[str]]:
    """Reads the URL; the second value lists problems in words, one per parameter that cannot be used."""
    problems: list[str] = []
    values = _filter_values(args, filters, problems)
    search = args.get("search", "").strip()
    if len(search) > MAX_TEXT:
        problems.append(f"The search is longer than {MAX_TEXT} characters.")
        search = ""
    cursor = args.get("cursor") or None
    if cursor is not None and len(cursor) > MAX_CURSOR:
        problems.append("This page link is not valid. Start again from the first page.")
        cursor = None
    size = _size(args.get("size"), sizes, problems)
    number = _number(args.get("page"), problems)
    sort = args.get("sort") or None
    if args.get("desc", "1") not in ("1", "0", ""):
        problems.append("desc is 1 for a descending order, or left out.")
    return ListQuery(values, search, sort, args.get("desc") == "1", size, cursor, number), problems


def _filter_values(
    args: "MultiDict[str, str]", filters: Sequence[GridFilter], problems: list[str]
) -> dict[str, dict[str, tuple[str, ...]]]:
    known = {f.param: f for f in filters}
    values: dict[str, dict[str, tuple[str, ...]]] = {}
    for key, texts in args.lists():
        if key in RESERVED:
            continue
        name, _, suffix = key.partition(".")
        if name not in known or suffix not in known[name].suffixes:
            problems.append(f"There is no filter {key[:60]!r}.")
            continue
        held = tuple(text for text in texts if text)
        if len(held) > MAX_VALUES or any(len(text) > MAX_TEXT for text in held):
            problems.append(f"{known[name].label} has too many values, or one too long.")
        elif held:
            values.setdefault(name, {})[suffix] = held
    return values


def _size(text: str | None, sizes: Sequence[int], problems: list[str]) -> int | None:
    if not text:
        return None
    if text in {str(size) for size in sizes}:
        return int(text)
    allowed = f"A page can hold {', '.join(map(str, sizes))} rows." if sizes else "The page size is fixed."
    problems.append(allowed)
    return None


def _number(text: str | None, problems: list[str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= MAX_PAGE_DIGITS and int(text):
        return int(text)
    problems.append("Pages are numbered from 1 on.")
    return None


def filter_conditions(query: ListQuery, filters: Sequence[GridFilter]) -> Conditions:
    """Makes the conditions of the active filters; BadRequest names the first that cannot be used."""
    conditions: Conditions = ()
    for each in filters:
        if each.param in query.values:
            try:
                conditions += each.conditions(query.values[each.param])
            except ValueError as error:
                raise BadRequest(str(error)) from None
    return conditions


def sort_of(query: ListQuery, default: Sort | None) -> Sort | None:
    """Gives the sort asked for, or the view's default."""
    return Sort(query.sort, query.descending) if query.sort else default
