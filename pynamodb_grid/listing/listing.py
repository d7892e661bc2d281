"""The front door: pages and streams of a model's rows by conditions, sort and cursor."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from pynamodb.models import Model

from pynamodb_grid.listing import columnar as columnar_pages
from pynamodb_grid.listing import index_pages, memory_pages
from pynamodb_grid.listing.columnar import ColumnarPort
from pynamodb_grid.listing.cursor import FOREIGN, Cursor, CursorCodec, Keys
from pynamodb_grid.listing.index_pages import Slice
from pynamodb_grid.listing.listing_errors import BadCursor, BadRequest, TooLarge, Unavailable, Unservable
from pynamodb_grid.listing.planner import Asked, Implied, Planner
from pynamodb_grid.listing.plans import IndexPlan, Plan
from pynamodb_grid.listing.reader import Reader
from pynamodb_grid.listing.request import Conditions, Explanation, ListRequest, Page, Sort
from pynamodb_grid.listing.routes import Route
from pynamodb_grid.listing.schema import Item, Schema

_HYDRATE_BATCH = 100
# Rows of a set that are read to be sorted in memory where a fresh copy can sort: more would cost more than the copy.
SMALL_BESIDE_COPY = 40


class Listing:
    """Lists one model by its declared plans.

    key signs cursors: of several, the first one signs, and all are accepted. page_cap bounds the items
    evaluated per page, small_set_cap those sorted in memory, max_size the rows per page. attributes limits
    what is read (Python names; keys and version are added).
    hydrate re-reads rows from the table where an index lacks an attribute or may be stale. row turns a raw
    item into what callers see, by default a model instance. columnar serves what no index can, and while it is
    fresh what an index would have to filter; copy_first prefers it to every index. sorted_by_copy names the
    fields whose stored values do not give their order, but the copy does. implied derives conditions that follow
    from others. ranks gives the order of a field's values, lowest first, where a set is sorted in memory and text
    would mislead.
    """

    def __init__(
        self,
        model: type[Model],
        *,
        key: Keys | Callable[[], Keys],
        plans: Sequence[Plan],
        implied: Implied | None = None,
        attributes: Collection[str] | None = None,
        hydrate: bool = False,
        row: Callable[[Item], Any] | None = None,
        page_cap: int = 1000,
        small_set_cap: int = 500,
        max_size: int = 200,
        columnar: ColumnarPort | None = None,
        sorted_by_copy: Collection[str] = (),
        copy_first: bool = False,
        ranks: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Check the declarations against the model; nothing is read."""
        self.model, self.max_size = model, max_size
        self._schema = schema = Schema(model, ranks)
        self._codec = CursorCodec(key)
        self._page_cap, self._small_cap = page_cap, small_set_cap
        self._columnar, self._copy_first, self._hydrate = columnar, copy_first, hydrate
        self._row = row or model.from_raw_data
        fields = columnar.fields if columnar is not None else ()
        self._planner = Planner(schema, plans, implied, fields, sorted_by_copy)
        self._attributes = None if attributes is None else frozenset(map(schema.attr_name, attributes))
        for plan in plans:
            if isinstance(plan, IndexPlan):
                self._check_projection(plan)

    def _check_projection(self, plan: IndexPlan) -> None:
        projected = self._schema.keys_of(plan.index).projected
        lacking = (self._attributes or frozenset()) - (
            projected if projected is not None else self._attributes or set()
        )
        if lacking and not self._hydrate:
            raise ValueError(
                f"{self.model.__name__}: index {plan.index} lacks {', '.join(sorted(lacking))}; "
                "project it, leave it out of attributes, or set hydrate=True"
            )

    def page(self, request: ListRequest) -> Page:
        """Reads one page; BadRequest, BadCursor, Unservable or Unavailable otherwise. Never scans."""
        if (
            isinstance(request.size, bool)
            or not isinstance(request.size, int)
            or not 1 <= request.size <= self.max_size
        ):
            raise BadRequest(f"A page holds 1 to {self.max_size} rows.")
        asked = self._planner.check(request.conditions, request.sort)
        if request.cursor is not None:
            return self._continued(asked, request, self._codec.kind_of(request.cursor))
        if request.number is not None:
            return self._numbered(asked, request)
        route, copy_age = self._planner.choose_index(asked), self._copy_age(asked)
        fresh = copy_age is not None and copy_age <= columnar_pages.FRESH_SECONDS
        if route is not None and (not fresh or (_is_direct(route) and not self._copy_first)):
            page = self._index_page(asked, route, request)
            return self._columnar_page(asked, request) if page.partial and fresh else page
        if route is not None:
            try:
                return self._columnar_page(asked, request)
            except Unavailable:  # the copy is just being replaced: an index reads more, but it answers
                return self._index_page(asked, route, request)
        try:
            small = self._small_page(asked, request, SMALL_BESIDE_COPY if fresh else self._small_cap)
        except TooLarge:
            if copy_age is None:
                raise
            small = None
        return small or self._columnar_page(asked, request)

    def _continued(self, asked: Asked, request: ListRequest, kind: str) -> Page:
        """Reads the page that a cursor leads to, by the plan that made the cursor."""
        if kind == columnar_pages.KIND:
            return self._columnar_page(asked, request)
        route = self._planner.choose_index(asked)
        if kind == index_pages.KIND and route is not None:
            return self._index_page(asked, route, request)
        small = self._small_page(asked, request, self._small_cap)
        if small is None:
            raise BadCursor(FOREIGN)
        return small

    def _numbered(self, asked: Asked, request: ListRequest) -> Page:
        if isinstance(request.number, bool) or not isinstance(request.number, int) or request.number < 1:
            raise BadRequest("Pages are numbered from 1 on.")
        return self._columnar_page(asked, request)

    def iterate(self, conditions: Conditions = (), sort: Sort | None = None) -> Iterator[Any]:
        """Streams every row in order with bounded memory; errors of the request are raised at once."""
        asked = self._planner.check(conditions, sort)
        return map(self._row, self._all_items(asked))

    def sortable(self, conditions: Conditions = ()) -> set[str]:
        """Lists the fields by which a list with these conditions can be sorted now."""
        with_copy = self._columnar is not None and self._columnar.age() is not None
        return self._planner.sortable(conditions, with_copy=with_copy)

    def explain(self, request: ListRequest) -> Explanation:
        """Describes the plan of a request without reading."""
        asked = self._planner.check(request.conditions, request.sort)
        route = self._planner.choose_index(asked)
        kind = index_pages.KIND
        if route is None:
            route, kind = self._planner.choose_small(asked), memory_pages.KIND
        if route is not None:
            return Explanation(
                kind,
                route.plan.index,
                tuple(p.text for p in route.partitions),
                tuple(t.text for t in route.keyed),
                tuple(t.text for t in route.filters + route.checks),
                f"{kind}: {route.text}",
            )
        if self._planner.uses_small_table(asked):
            return Explanation(
                kind, None, (), (), tuple(t.text for t in asked.terms), "small table read whole"
            )
        if self._copy_age(asked) is not None:
            kind = columnar_pages.KIND
            return Explanation(kind, None, (), (), tuple(t.text for t in asked.terms), "columnar copy")
        raise self._unservable(asked)

    def _index_page(self, asked: Asked, route: Route, request: ListRequest) -> Page:
        context = asked.context(self._schema.table, index_pages.KIND, route)
        cursor = self._open(request.cursor, context)
        if cursor is not None and not index_pages.fits(self._schema, route, cursor):
            raise BadCursor(FOREIGN)
        reader = self._reader(route)
        part = index_pages.read_slice(
            self._schema, route, reader, size=request.size, cursor=cursor, budget=self._page_cap
        )
        return self._page(part, context, reader, route.text, route=route)

    def _small_page(self, asked: Asked, request: ListRequest, cap: int) -> Page | None:
        route = self._planner.choose_small(asked)
        if route is None and not self._planner.uses_small_table(asked):
            return None
        context = asked.context(self._schema.table, memory_pages.KIND, route)
        cursor = self._open(request.cursor, context)
        reader = self._reader(route, asked)
        items = self._small_items(route, reader, cap)
        part = memory_pages.slice_items(self._schema, items, asked.sort, request.size, cursor)
        text = f"{route.text}; sorted in memory" if route else "small table read whole; sorted in memory"
        return self._page(part, context, reader, text, route=route)

    def _small_items(self, route: Route | None, reader: Reader, cap: int) -> list[Item]:
        if route is not None:
            return memory_pages.collect_route(self._schema, route, reader, cap)
        plan = self._planner.small_table
        return memory_pages.collect_table(plan, reader) if plan is not None else []

    def _columnar_page(self, asked: Asked, request: ListRequest) -> Page:
        if self._columnar is None or self._copy_age(asked) is None:
            raise self._unservable(asked)
        context = asked.context(self._schema.table, columnar_pages.KIND, None)
        cursor = self._open(request.cursor, context)
        reader = self._reader_of_copied(asked)
        part, as_of, offset = columnar_pages.select_slice(
            self._schema,
            self._columnar,
            asked.conditions,
            asked.sort,
            size=request.size,
            cursor=cursor,
            number=request.number,
            reader=reader,
            holds=partial(self._holds, asked),
        )
        number = offset // request.size + 1
        plan = "columnar copy, rows read current"
        return self._page(part, context, reader, plan, route=None, as_of=as_of, number=number)

    def _holds(self, asked: Asked, item: Item) -> bool:
        return all(self._planner.held_by(item, term) for term in asked.terms)

    def _copy_age(self, asked: Asked) -> float | None:
        """Tells how old the copy is if it can answer; None if it cannot."""
        if self._columnar is None or not self._planner.columnar_serves(asked.conditions, asked.sort):
            return None
        return self._columnar.age()

    def _unservable(self, asked: Asked) -> Unservable | Unavailable:
        """Explains what would make a request servable; that a copy is still to come, if that is all."""
        serves = self._planner.columnar_serves(asked.conditions, asked.sort)
        if self._columnar is not None and serves and self._columnar.age() is None:
            sorts = ", ".join(sorted(self._planner.sortable((), with_copy=False)))
            return Unavailable(
                "This list needs the report data, which is still being built. Try again in a minute. "
                f"Until then lists can be sorted by {sorts}."
            )
        with_copy = self._columnar is not None and self._columnar.age() is not None
        return self._planner.unservable(asked, with_copy=with_copy)

    def _page(
        self,
        part: Slice,
        context: bytes,
        reader: Reader,
        plan: str,
        *,
        route: Route | None,
        as_of: datetime | None = None,
        number: int | None = None,
    ) -> Page:
        items = part.items
        if self._hydrate and route is not None and route.plan.index is not None:
            items = self._current(items, reader)
        after, before, resume = (
            None if c is None else self._codec.encode(c, context)
            for c in (part.next, part.previous, part.resume)
        )
        return Page(
            [self._row(item) for item in items],
            after,
            before,
            part.partial,
            reader.scanned,
            round(reader.consumed, 3),
            plan,
            as_of,
            part.count,
            resume,
            number,
        )

    def _all_items(self, asked: Asked) -> Iterator[Item]:
        route = self._planner.choose_index(asked)
        if route is not None:
            reader = self._reader(route)
            items = index_pages.read_all(self._schema, route, reader)
            return self._hydrated(items, reader) if self._hydrate and route.plan.index else items
        try:
            if (small := self._planner.choose_small(asked)) or self._planner.uses_small_table(asked):
                whole = self._small_items(small, self._reader(small, asked), self._small_cap)
                return iter(memory_pages.order_items(self._schema, whole, asked.sort))
        except TooLarge:
            if self._copy_age(asked) is None:
                raise
        if self._columnar is None or self._copy_age(asked) is None:
            raise self._unservable(asked)
        return columnar_pages.select_all(
            self._schema,
            self._columnar,
            asked.conditions,
            asked.sort,
            reader=self._reader_of_copied(asked),
            holds=partial(self._holds, asked),
        )

    def _hydrated(self, items: Iterator[Item], reader: Reader) -> Iterator[Item]:
        while batch := list(islice(items, _HYDRATE_BATCH)):
            yield from self._current(batch, reader)

    def _current(self, items: Sequence[Item], reader: Reader) -> list[Item]:
        names = self._schema.pk_names
        rows = reader.fetch([{name: item[name] for name in names} for item in items])
        return [item for item in rows if item is not None]

    def _open(self, text: str | None, context: bytes) -> Cursor | None:
        return None if text is None else self._codec.decode(text, context)

    def _reader_of_copied(self, asked: Asked) -> Reader:
        """Prepares the reads of rows that a copy named, with all that the conditions are checked by."""
        reader = self._reader(None)
        for term in asked.terms:
            reader.also(self._planner.attributes_of(term))
        return reader

    def _reader(self, route: Route | None, asked: Asked | None = None) -> Reader:
        """Prepares the reads of one request; with `asked`, all its terms become filters (whole tables)."""
        names = self._attributes
        if names is not None:
            extra = {*self._schema.pk_names}
            if self._schema.version_name:
                extra.add(self._schema.version_name)
            if route is not None:
                checked = (self._schema.attr_name(t.field) for t in route.checks)
                extra.update(n for n in (route.keys.hash_name, route.keys.range_name, *checked) if n)
            if asked is not None and asked.sort is not None:
                extra.add(self._schema.attr_name(asked.sort.field))
            names = names | extra
        terms = route.filters if route is not None else asked.terms if asked is not None else ()
        return Reader(self._schema, names, terms)


def _is_direct(route: Route) -> bool:
    """Tells whether an index answers by its keys alone, or filters a set that is small."""
    return route.small or not (route.filters or route.checks)
