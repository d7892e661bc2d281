"""Indexes that lag behind the table, as on AWS."""

from typing import Any

from pynamodb_grid.listing import ListRequest
from pynamodb_grid.tests.support import NEWEST, fill, listing, numbers


class StaleIndexes:
    """Sends queries on indexes to a table that lags behind, everything else to the current one."""

    def __init__(self, connection: Any, lagging: str) -> None:
        self._dispatch, self._lagging = connection.dispatch, lagging
        connection.dispatch = self

    def __call__(self, operation: str, request: dict[str, Any]) -> Any:
        if operation == "Query" and "IndexName" in request:
            request = {**request, "TableName": self._lagging}
        return self._dispatch(operation, request)


def lagging_pair(current: type[Any], lagging: type[Any]) -> None:
    fill(lagging, 30)
    fill(current, 30)
    StaleIndexes(current._get_connection().connection, lagging.Meta.table_name)
    for n in (29, 28, 3):
        current(ticket_id=n).delete(add_version_condition=False)
    fresh = current.get(20)
    fresh.update(actions=[current.subject.set("changed")])


def test_stale_indexes_show_old_rows_but_break_nothing(engine_table: type[Any], new_table: Any) -> None:
    lagging_pair(engine_table, new_table())
    lister = listing(engine_table)
    seen, cursor = [], None
    while True:
        page = lister.page(ListRequest((), NEWEST, 7, cursor))
        seen += numbers(page)
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert sorted(seen) == list(range(30))


def test_hydrated_rows_are_current_even_behind_a_stale_index(engine_table: type[Any], new_table: Any) -> None:
    lagging_pair(engine_table, new_table())
    lister = listing(engine_table, hydrate=True)
    seen, cursor = [], None
    while True:
        page = lister.page(ListRequest((), NEWEST, 7, cursor))
        seen += page.rows
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert sorted(int(r.ticket_id) for r in seen) == [n for n in range(30) if n not in (29, 28, 3)]
    assert next(r for r in seen if r.ticket_id == 20).subject == "changed"
    assert len(list(lister.iterate((), NEWEST))) == 27
