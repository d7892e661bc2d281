"""What a listing promises beside the right rows: plans, cursors, errors, cost."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pynamodb_grid.listing import (
    BadRequest,
    Conditions,
    Fixed,
    IndexPlan,
    Listing,
    ListRequest,
    Op,
    Plain,
    Selection,
    SmallTable,
    Sort,
    TooLarge,
    Unavailable,
    Unservable,
    Window,
)
from pynamodb_grid.tests.support import (
    KEY,
    NEWEST,
    OPEN,
    PLANS,
    TicketBase,
    fill,
    listing,
    numbers,
    on,
    stamp,
    store,
    ticket,
)


class Column:
    """Stands for a columnar copy: a list of ids in memory that knows every field, and how often it was asked."""

    def __init__(self, ids: Sequence[int], fields: Collection[str] = (), age: float | None = 2.0) -> None:
        self.ids, self.behind = list(ids), age
        self.fields = set(fields) or {*TicketBase.get_attributes(), "state", "counted"}
        self.asked: list[tuple[Conditions, Sort | None]] = []

    def age(self) -> float | None:
        return self.behind

    def select(self, conditions: Conditions, sort: Sort | None, window: Window) -> Selection:
        self.asked.append((conditions, sort))
        rows = [(f"place {number}", number) for number in self.ids]
        chosen = rows[window.offset :]
        if window.beside:
            at = rows.index(window.beside)
            chosen = rows[:at][::-1] if window.backward else rows[at + 1 :]
        chosen = chosen[: window.size]
        in_order = chosen[::-1] if window.backward else chosen
        return Selection(in_order, len(rows), datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("conditions", "sort", "text"),
    [
        ((), NEWEST, "index: by_state; 4 partitions merged"),
        ((on("state", "open"),), NEWEST, "index: by_state; keys: state eq 'open'; 2 partitions merged"),
        (
            (on("assignee_id", "ana"), on("status", ["new", "open"], Op.IN)),
            NEWEST,
            "index: by_assignee; keys: assignee_id eq 'ana', state in 'open'; filter: status in 'new', ",
        ),
        ((on("ticket_id", 5),), Sort("score"), "index: table; keys: ticket_id eq 5; 1 partition"),
        ((on("assignee_id", "ana"),), Sort("score"), "memory: by_assignee; keys: assignee_id eq 'ana'; 2 p"),
        ((on("due_at", stamp(9), Op.LT),), Sort("due_at"), "index: by_due; keys: due_at lt "),
    ],
)  # fmt: skip
def test_the_plan_follows_conditions_and_sort(
    moto_table: type[Any], conditions: Conditions, sort: Sort, text: str
) -> None:
    assert str(listing(moto_table).explain(ListRequest(conditions, sort))).startswith(text)


def test_what_no_plan_serves_says_what_would(moto_table: type[Any]) -> None:
    lister = listing(moto_table)
    with pytest.raises(Unservable, match=r"cannot be sorted by score\. It can be sorted by: updated_at"):
        lister.page(ListRequest((), Sort("score")))
    with pytest.raises(Unservable, match="Filter on one of: assignee_id, state, ticket_id"):
        lister.page(ListRequest((on("extra", None, Op.EXISTS),)))
    with pytest.raises(Unservable):
        lister.iterate((), Sort("score"))
    # An index that rows without the field are absent from cannot list all rows.
    with pytest.raises(Unservable):
        lister.page(ListRequest((), Sort("due_at")))


def test_sortable_follows_the_conditions(moto_table: type[Any]) -> None:
    lister = listing(moto_table)
    assert lister.sortable() == {"updated_at"}
    assert {"score", "subject", "status"} <= lister.sortable((on("assignee_id", "ana"),))
    assert lister.sortable((on("due_at", stamp(1), Op.GE),)) == {"due_at"}


def test_a_page_costs_the_same_however_deep(ticket_table: type[Any]) -> None:
    fill(ticket_table)
    lister = listing(ticket_table)
    request = ListRequest((on("assignee_id", "ben"),), NEWEST, 3)
    costs, cursor = [], None
    while True:
        page = lister.page(replace(request, cursor=cursor))
        costs.append(page.scanned)
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert len(costs) > 5
    assert max(costs[1:-1]) <= costs[0] + 2
    assert page.consumed > 0


def test_nothing_is_read_where_conditions_contradict(moto_table: type[Any]) -> None:
    page = listing(moto_table).page(ListRequest((on("status", "open"), on("state", "done")), NEWEST))
    assert (page.rows, page.scanned, page.consumed, page.next_cursor) == ([], 0, 0, None)


def test_small_sets_have_a_cap(moto_table: type[Any]) -> None:
    fill(moto_table)
    lister = listing(moto_table, small_set_cap=10)
    with pytest.raises(TooLarge, match="More than 10 rows"):
        lister.page(ListRequest((on("assignee_id", "ana"),), Sort("score")))


def test_small_may_depend_on_the_conditions(moto_table: type[Any]) -> None:
    fill(moto_table)

    def open_only(conditions: Conditions) -> bool:
        return any(c.field == "state" and list(c.value) == ["open"] for c in conditions)

    lister = listing(moto_table, plans=(replace(PLANS[0], small=open_only),))
    assert lister.page(ListRequest((on("assignee_id", "ana"), on("status", "open")), Sort("score"))).rows
    with pytest.raises(Unservable):
        lister.page(ListRequest((on("assignee_id", "ana"),), Sort("score")))


def test_a_small_table_needs_its_declaration(ticket_table: type[Any]) -> None:
    fill(ticket_table, 30)
    plain = Listing(ticket_table, key=KEY, plans=[IndexPlan(None, Fixed("ticket_id"))])
    with pytest.raises(Unservable):
        plain.page(ListRequest())
    small = Listing(ticket_table, key=KEY, plans=[SmallTable(cap=30)])
    page = small.page(ListRequest((on("score", 3, Op.GE),), Sort("subject", True), 5))
    assert [row.subject for row in page.rows] == ["s27", "s26", "s25", "s24", "s20"]
    assert page.count == sum(n % 7 >= 3 for n in range(30))
    assert small.sortable() >= {"subject", "due_at"}
    assert len(list(small.iterate((), Sort("due_at")))) == 30
    with pytest.raises(TooLarge):
        Listing(ticket_table, key=KEY, plans=[SmallTable(cap=29)]).page(ListRequest())


def test_the_columnar_copy_serves_what_is_left(ticket_table: type[Any]) -> None:
    fill(ticket_table, 30)
    column = Column([9, 3, 777, 5, 21, 1, 2])
    lister = listing(ticket_table, columnar=column)
    request = ListRequest((on("score", 0, Op.GE),), Sort("score"), 3)
    page = lister.page(request)
    assert numbers(page) == [9, 3]  # 777 no longer exists
    assert (page.count, page.number, page.as_of) == (7, 1, datetime(2026, 1, 1, tzinfo=UTC))
    assert page.previous_cursor is None
    second = lister.page(replace(request, cursor=page.next_cursor))
    assert (numbers(second), second.number) == ([5, 21, 1], 2)
    assert numbers(lister.page(replace(request, cursor=second.previous_cursor))) == [9, 3]
    assert lister.page(replace(request, cursor=second.next_cursor)).next_cursor is None
    assert [r.ticket_id for r in lister.iterate(request.conditions, request.sort)] == [9, 3, 5, 21, 1, 2]
    asked = len(column.asked)
    lister.page(ListRequest((), NEWEST))
    assert len(column.asked) == asked, "an index serves this"
    assert lister.sortable() >= {"score", "subject"}


def test_any_page_is_reached_by_its_number(ticket_table: type[Any]) -> None:
    fill(ticket_table, 30)
    lister = listing(ticket_table, columnar=Column(range(10)))
    request = ListRequest((), NEWEST, 3, number=3)
    third = lister.page(request)
    assert (numbers(third), third.number, third.count) == ([6, 7, 8], 3, 10)
    assert numbers(lister.page(replace(request, number=None, cursor=third.previous_cursor))) == [3, 4, 5]
    last = lister.page(replace(request, number=500))
    assert (numbers(last), last.number, last.next_cursor) == ([9], 4, None), "there is no page 500"
    for number in (0, -1, True):
        with pytest.raises(BadRequest):
            lister.page(replace(request, number=number))


def test_rows_that_come_and_go_between_pages_move_no_other_row(ticket_table: type[Any]) -> None:
    fill(ticket_table, 30)
    column = Column(range(5, 15))
    lister = listing(ticket_table, columnar=column)
    request = ListRequest((on("score", 0, Op.GE),), Sort("score"), 3)
    page = lister.page(request)
    column.ids = [20, 21, *column.ids]
    second = lister.page(replace(request, cursor=page.next_cursor))
    assert numbers(second) == [8, 9, 10]
    column.ids.remove(10)
    column.ids.remove(20)
    assert numbers(lister.page(replace(request, cursor=second.previous_cursor))) == [5, 6, 7]
    column.ids = column.ids[:4]
    assert numbers(lister.page(replace(request, number=9))) == [7], (
        "the last page, when the asked one is gone"
    )


def test_a_row_that_no_longer_matches_is_not_shown(ticket_table: type[Any]) -> None:
    fill(ticket_table, 30)
    lister = listing(ticket_table, columnar=Column(range(30)))
    request = ListRequest((on("assignee_id", "ana"), on("state", "open")), Sort("score"), 30)
    rows = lister.page(request).rows
    assert rows
    assert {row.assignee_id for row in rows} == {"ana"}
    assert {row.status for row in rows} <= {*OPEN}
    assert [row.ticket_id for row in lister.iterate(request.conditions, request.sort)] == [
        row.ticket_id for row in rows
    ]


def test_a_fresh_copy_answers_what_an_index_would_have_to_filter(ticket_table: type[Any]) -> None:
    fill(ticket_table, 30)
    column = Column(range(30))
    lister = listing(ticket_table, columnar=column)
    request = ListRequest((on("assignee_id", value=None, op=Op.MISSING),), NEWEST, 5)
    assert lister.page(request).number == 1
    column.behind = 300.0
    assert lister.page(request).number is None, "the index reads more, but is current"
    column.behind = None
    assert lister.page(request).number is None
    assert len(column.asked) == 1


def test_what_only_the_copy_knows_is_asked_of_it_alone(ticket_table: type[Any]) -> None:
    fill(ticket_table, 30)
    column = Column([4, 2, 9])
    lister = listing(ticket_table, columnar=column, sorted_by_copy=("assignee_id",))
    counted = ListRequest((on("counted", ("solved", 3)), on("ticket_id", 0, Op.GE)), NEWEST)
    assert numbers(lister.page(counted)) == [4, 2, 9]
    assert column.asked[-1][0] == counted.conditions
    mine = ListRequest((on("assignee_id", "ana"), on("state", "open")), Sort("assignee_id"))
    assert lister.page(mine).number == 1, "sorted by the stored value, the set would have another order"
    assert "assignee_id" in lister.sortable(mine.conditions)
    column.behind = None
    assert "assignee_id" not in lister.sortable(mine.conditions)
    for request in (counted, mine):
        with pytest.raises(Unavailable, match="still being built"):
            lister.page(request)
        with pytest.raises(Unavailable):
            lister.iterate(request.conditions, request.sort)


def test_the_columnar_copy_takes_over_from_a_set_too_large(moto_table: type[Any]) -> None:
    fill(moto_table)
    mine = [*range(0, 60, 3)]  # those of ana
    copied = {"score", "assignee_id"}
    lister = listing(moto_table, small_set_cap=5, columnar=Column(mine, copied, age=300.0))
    request = ListRequest((on("assignee_id", "ana"),), Sort("score"), 4)
    page = lister.page(request)
    assert numbers(page) == mine[:4]
    assert numbers(lister.page(replace(request, cursor=page.next_cursor))) == mine[4:8]
    with pytest.raises(TooLarge):
        lister.page(replace(request, sort=Sort("subject")))


def test_iterate_is_lazy_and_eager_about_errors(ticket_table: type[Any]) -> None:
    fill(ticket_table)
    lister = listing(ticket_table)
    with pytest.raises(BadRequest):
        lister.iterate((on("nonsense", 1),))
    assert next(lister.iterate((), NEWEST)).ticket_id in range(56, 60)
    assert len(list(lister.iterate((), NEWEST))) == 60


def test_only_the_named_attributes_are_read(ticket_table: type[Any]) -> None:
    fill(ticket_table, 8)
    lister = listing(ticket_table, attributes=["subject"])
    row = lister.page(ListRequest((), NEWEST)).rows[0]
    assert (row.subject is not None, row.version, row.score) == (True, 1, None)
    with pytest.raises(ValueError, match="index by_assignee lacks due_at"):
        listing(ticket_table, attributes=["due_at"])


def test_rows_can_be_anything(moto_table: type[Any]) -> None:
    fill(moto_table, 3)
    lister = listing(moto_table, row=lambda item: item["subject"]["S"])
    assert len(lister.page(ListRequest((), NEWEST)).rows) == 3
    assert sorted(lister.iterate((), NEWEST)) == ["s00", "s01", "s02"]


def test_declarations_are_checked_at_once(moto_table: type[Any]) -> None:
    wrong: list[tuple[Any, type[Exception]]] = [
        (IndexPlan("nonsense", Fixed("status")), KeyError),
        (IndexPlan("by_state", Fixed("nonsense")), TypeError),
        (IndexPlan(None, Fixed("ticket_id"), Plain("updated_at")), TypeError),
        (IndexPlan("by_state", Fixed("state_shard"), consistent=True), TypeError),
    ]
    for plan, error in wrong:
        with pytest.raises(error):
            Listing(moto_table, key=KEY, plans=[plan])


def test_values_with_a_rank_are_sorted_by_it_and_paged_in_order(moto_table: type[Any]) -> None:
    fill(moto_table)
    lister = listing(moto_table, ranks={"status": ("open", "solved", "new")})
    mine, order = (on("assignee_id", "ana"),), ["open", "solved", "new"]
    store(moto_table, [ticket(moto_table, 100 + n, status=order[n % 3], assignee_id="ana") for n in range(9)])
    for descending in (False, True):
        request, statuses = ListRequest(mine, Sort("status", descending), 4), []
        while True:
            page = lister.page(request)
            statuses += [row.status for row in page.rows]
            if page.next_cursor is None:
                break
            request = replace(request, cursor=page.next_cursor)
        assert len(statuses) == 29
        assert [order.index(status) for status in statuses] == sorted(
            map(order.index, statuses), reverse=descending
        )


def test_a_row_inserted_behind_a_capped_page_moves_no_other_row(moto_table: type[Any]) -> None:
    minutes = {1: 3, 2: 2, 3: 3, 4: 0, 5: 1}
    store(moto_table, [ticket(moto_table, number, updated_at=stamp(at)) for number, at in minutes.items()])
    lister = listing(moto_table, page_cap=2)
    request, shown = ListRequest((on("state", "open"),), Sort("updated_at"), 1), []
    while True:
        page = lister.page(request)
        shown += numbers(page)
        if page.next_cursor is None:
            break
        if shown == [4, 5]:
            store(moto_table, [ticket(moto_table, 100, updated_at=stamp(0))])
        request = replace(request, cursor=page.next_cursor)
    assert sorted(shown) == [1, 2, 3, 4, 5]
