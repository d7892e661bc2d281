"""Random rows, filters, sorts and page sizes: pages put together are the sorted reference list."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pynamodb_grid.listing import Condition, Conditions, Listing, ListRequest, Op, Sort
from pynamodb_grid.tests.support import DONE, OPEN, expected, listing, matches, stamp, store, ticket

pytestmark = pytest.mark.engine
relaxed = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_row = st.fixed_dictionaries(
    {
        "status": st.sampled_from(OPEN + DONE),
        "assignee_id": st.sampled_from(["ana", "ben", None]),
        "updated_at": st.integers(0, 6).map(stamp),
        "due_at": st.none() | st.integers(0, 3).map(stamp),
        "score": st.none() | st.integers(-3, 3),
        "subject": st.none() | st.sampled_from(["alpha", "beta", "älg", "zeta 🚀"]),
    }
)
_rows = st.lists(_row, max_size=40)
_status = st.one_of(
    st.sampled_from(OPEN + DONE).map(lambda s: Condition("status", Op.EQ, s)),
    st.lists(st.sampled_from(OPEN + DONE), min_size=1, unique=True).map(
        lambda s: Condition("status", Op.IN, s)
    ),
    st.sampled_from(OPEN).map(lambda s: Condition("status", Op.NE, s)),
    st.sampled_from(["open", "done"]).map(lambda s: Condition("state", Op.EQ, s)),
)
_minute = st.integers(0, 6).map(stamp)
_updated = st.one_of(
    st.builds(
        Condition, st.just("updated_at"), st.sampled_from([Op.EQ, Op.NE, Op.GT, Op.GE, Op.LT, Op.LE]), _minute
    ),
    st.tuples(_minute, _minute).map(lambda p: Condition("updated_at", Op.BETWEEN, p)),
    st.lists(_minute, min_size=1, max_size=3).map(lambda p: Condition("updated_at", Op.IN, p)),
)
_other = st.one_of(
    st.sampled_from(["al", "b"]).map(lambda s: Condition("subject", Op.BEGINS, s)),
    st.just(Condition("subject", Op.CONTAINS, "et")),
    st.just(Condition("score", Op.EXISTS)),
    st.just(Condition("subject", Op.MISSING)),
    st.integers(-3, 3).map(lambda n: Condition("score", Op.GE, n)),
)
_assignee = st.one_of(
    st.sampled_from(["ana", "ben", "nobody"]).map(lambda a: Condition("assignee_id", Op.EQ, a)),
    st.just(Condition("assignee_id", Op.IN, ["ana", "ben"])),
)
_conditions = st.tuples(
    st.lists(_status, max_size=2),
    st.lists(_updated, max_size=2),
    st.lists(_other, max_size=1),
    st.lists(_assignee, max_size=1),
).map(lambda groups: tuple(c for g in groups for c in g))
_descending = st.booleans()
_size = st.integers(1, 12)


def read_forward(lister: Listing, conditions: Conditions, sort: Sort | None, size: int) -> list[Any]:
    pages, cursor, rounds = [], None, 0
    while True:
        page = lister.page(ListRequest(conditions, sort, size, cursor))
        pages.append(page)
        rounds += 1
        assert rounds < 400, "paging does not end"
        assert len(page.rows) == size or page.partial or page.next_cursor is None
        if page.next_cursor is None:
            return pages
        cursor = page.next_cursor


def ids(pages: list[Any]) -> list[int]:
    return [row.ticket_id for page in pages for row in page.rows]


def values(pages: list[Any], field: str) -> list[Any]:
    return [getattr(row, field) for page in pages for row in page.rows]


def check(lister: Listing, rows: list[Any], request: ListRequest, *, exact: bool = True) -> None:
    conditions, sort, size = request.conditions, request.sort, request.size
    assert sort is not None
    pages = read_forward(lister, conditions, sort, size)
    want = expected(rows, conditions, sort)
    assert values(pages, sort.field) == [value for value, _ in want]
    assert sorted(ids(pages)) == sorted(number for _, number in want)
    streamed = [row.ticket_id for row in lister.iterate(conditions, sort)]
    assert streamed == ids(pages)
    walk_back(lister, pages, request, exact=exact)


def walk_back(lister: Listing, pages: list[Any], request: ListRequest, *, exact: bool) -> None:
    """Follows the previous links: the same pages, or where a cap cuts them elsewhere, the same rows."""
    last = next((at for at in reversed(range(len(pages))) if pages[at].rows), 0)
    back, page = [pages[last]], pages[last]
    while page.previous_cursor is not None:
        page = lister.page(replace(request, cursor=page.previous_cursor))
        back.insert(0, page)
        assert len(back) < 400, "paging back does not end"
    want, rest = ids(pages[: last + 1]), ids(back[1:])
    if exact:
        assert [ids([p]) for p in back] == [ids([p]) for p in pages[: last + 1]]
    # Where a cap hides whether more lies before, the way back may end in the first page shown once more.
    assert want[len(want) - len(rest) :] == rest
    assert ids([back[0]]) == want[: len(back[0].rows)]
    assert len(rest) + len(back[0].rows) >= len(want)


@relaxed
@given(
    rows=_rows, conditions=_conditions, descending=_descending, size=_size, cap=st.sampled_from([3, 17, 1000])
)
def test_index_pages_equal_the_reference(
    new_table: Callable[[], type[Any]],
    *,
    rows: list[Any],
    conditions: Conditions,
    descending: bool,
    size: int,
    cap: int,
) -> None:
    model = new_table()
    stored = [ticket(model, number, **row) for number, row in enumerate(rows, 1)]
    store(model, stored)
    request = ListRequest(conditions, Sort("updated_at", descending), size)
    check(listing(model, page_cap=cap), stored, request, exact=cap >= 1000)


@relaxed
@given(
    rows=_rows,
    conditions=_conditions,
    descending=_descending,
    size=_size,
    field=st.sampled_from(["score", "subject", "status", "ticket_id"]),
)
def test_small_sets_sort_by_any_column(
    new_table: Callable[[], type[Any]],
    *,
    rows: list[Any],
    conditions: Conditions,
    descending: bool,
    size: int,
    field: str,
) -> None:
    model = new_table()
    stored = [ticket(model, number, **row) for number, row in enumerate(rows, 1)]
    store(model, stored)
    held = (*conditions, Condition("assignee_id", Op.EQ, "ana"))
    check(listing(model), stored, ListRequest(held, Sort(field, descending), size))


@relaxed
@given(rows=_rows, descending=_descending, size=_size)
def test_sparse_index_pages_equal_the_reference(
    new_table: Callable[[], type[Any]], rows: list[Any], descending: bool, size: int
) -> None:
    model = new_table()
    stored = [ticket(model, number, **row) for number, row in enumerate(rows, 1)]
    store(model, stored)
    held = (Condition("due_at", Op.LE, stamp(2)),)
    check(listing(model), stored, ListRequest(held, Sort("due_at", descending), size))


@relaxed
@given(
    statuses=st.lists(st.sampled_from(["new", "open"]), min_size=30, max_size=60),
    descending=_descending,
    size=st.integers(2, 8),
    cap=st.integers(4, 14),
)
def test_capped_pages_resume_where_each_partition_stopped(
    new_table: Callable[[], type[Any]],
    *,
    statuses: list[str],
    descending: bool,
    size: int,
    cap: int,
) -> None:
    model = new_table()
    stored = [ticket(model, n, status=s, updated_at=stamp(n // 3)) for n, s in enumerate(statuses, 1)]
    store(model, stored)
    held = (Condition("status", Op.EQ, "new"),)
    request = ListRequest(held, Sort("updated_at", descending), size)
    check(listing(model, page_cap=cap), stored, request, exact=False)


def disturb(model: type[Any], alive: dict[int, Any], dice: random.Random, number: int) -> int:
    """Deletes and inserts a few rows; gives the last number used."""
    for _ in range(dice.randrange(4)):
        number += 1
        if alive and dice.random() < 0.5:
            alive.pop(dice.choice(sorted(alive))).delete(add_version_condition=False)
        elif number < 1030:
            values = {"status": dice.choice(OPEN + DONE), "score": dice.randrange(3), "assignee_id": "ana"}
            alive[number] = ticket(model, number, updated_at=stamp(dice.randrange(7)), **values)
            store(model, [alive[number]])
    return number


@relaxed
@given(
    rows=_rows,
    descending=_descending,
    size=_size,
    seed=st.integers(0, 2**32),
    cap=st.sampled_from([5, 1000]),
    conditions=_conditions,
    memory=st.booleans(),
)
def test_changes_between_pages_skip_and_double_nothing(
    new_table: Callable[[], type[Any]],
    *,
    rows: list[Any],
    descending: bool,
    size: int,
    seed: int,
    cap: int,
    conditions: Conditions,
    memory: bool,
) -> None:
    model, dice = new_table(), random.Random(seed)  # noqa: S311  (reproducible by its seed)
    alive = {number: ticket(model, number, **row) for number, row in enumerate(rows, 1)}
    store(model, alive.values())
    sort = Sort("score" if memory else "updated_at", descending)
    if memory:
        conditions = (*conditions, Condition("assignee_id", Op.EQ, "ana"))
    lister, before = listing(model, page_cap=cap), set(alive)
    seen: list[int] = []
    cursor, number = None, 1000
    while True:
        page = lister.page(ListRequest(conditions, sort, size, cursor))
        seen.extend(row.ticket_id for row in page.rows)
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
        number = disturb(model, alive, dice, number)
        before &= set(alive)
    assert len(seen) == len(set(seen))
    expected_ids = {n for n in before if all(matches(alive[n], c) for c in conditions)}
    assert expected_ids <= set(seen)
