"""Forged cursors and hostile values: refused with words, never an error of the database's."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pynamodb.exceptions import PynamoDBException

from pynamodb_grid.listing import (
    BadCursor,
    BadRequest,
    Condition,
    ListingError,
    ListRequest,
    Op,
    Sort,
    Unavailable,
)
from pynamodb_grid.tests.support import NEWEST, fill, listing, on, stamp


@pytest.mark.parametrize("sort", [NEWEST, Sort("score")])
def test_cursors_are_bound_to_their_list(moto_table: type[Any], sort: Sort) -> None:
    fill(moto_table)
    lister = listing(moto_table)
    request = ListRequest((on("assignee_id", "ana"),), sort, 5)
    cursor = lister.page(request).next_cursor
    assert cursor is not None
    assert cursor.isascii()
    assert lister.page(replace(request, cursor=cursor, size=9)).rows
    others = [
        replace(request, conditions=(on("assignee_id", "ben"),)),
        replace(request, sort=replace(sort, descending=not sort.descending)),
        replace(request, conditions=(*request.conditions, on("state", "open"))),
    ]
    for other in others:
        with pytest.raises(BadCursor, match="belongs to another list"):
            lister.page(replace(other, cursor=cursor))
    with pytest.raises(BadCursor):
        listing(moto_table, key=b"another secret").page(replace(request, cursor=cursor))
    with pytest.raises(BadCursor):
        listing(moto_table, key=(b"another secret", b"a third")).page(replace(request, cursor=cursor))


def test_a_cursor_outlives_a_change_of_keys(moto_table: type[Any]) -> None:
    fill(moto_table)
    request = ListRequest((on("assignee_id", "ana"),), NEWEST, 5)
    old, new = b"the old secret", b"the new secret"
    before = listing(moto_table, key=old).page(request).next_cursor
    after = listing(moto_table, key=(new, old)).page(replace(request, cursor=before)).next_cursor
    assert listing(moto_table, key=(new,)).page(replace(request, cursor=after)).rows
    with pytest.raises(BadCursor):
        listing(moto_table, key=old).page(replace(request, cursor=after))


@pytest.mark.parametrize("text", ["", "x", "é", "A" * 7000, "====", "-" * 44, "\x00", "null", "e30"])
def test_malformed_cursors_are_refused(moto_table: type[Any], text: str) -> None:
    with pytest.raises(BadCursor):
        listing(moto_table).page(ListRequest((), NEWEST, 5, text))


def test_every_changed_character_of_a_cursor_is_noticed(moto_table: type[Any]) -> None:
    fill(moto_table, 12)
    lister = listing(moto_table)
    cursor = lister.page(ListRequest((), NEWEST, 5)).next_cursor or ""
    for at, old in enumerate(cursor[:-1]):  # the last character may carry unused bits
        forged = cursor[:at] + ("A" if old != "A" else "B") + cursor[at + 1 :]
        with pytest.raises(BadCursor):
            lister.page(ListRequest((), NEWEST, 5, forged))


HOSTILE: list[Condition] = [
    on("nonsense", 1),
    on("__class__", 1),
    on("status", None),
    on("status", 5),
    on("status", ""),
    on("status", "x" * 2000),
    on("status", "\ud800"),
    on("status", {"S": "x"}),
    on("status", [], Op.IN),
    on("status", "open", Op.IN),
    on("status", ["x"] * 101, Op.IN),
    on("state", "elsewhere"),
    on("state", "open", Op.BEGINS),
    on("score", "5"),
    on("score", True),
    on("score", float("nan")),
    on("score", float("inf")),
    on("score", 10**200),
    on("score", 10**5000),
    on("score", 1e300),
    on("score", 1, Op.BEGINS),
    on("urgent", "yes"),
    on("urgent", True, Op.GT),
    on("updated_at", "yesterday"),
    on("updated_at", [stamp(1)], Op.BETWEEN),
    on("updated_at", stamp(1), Op.CONTAINS),
    on("extra", {}, Op.EQ),
    on("tags", {"a"}),
    on("tags", 5, Op.CONTAINS),
    on("steps", ["a"], Op.CONTAINS),
]


@pytest.mark.parametrize("condition", HOSTILE, ids=lambda c: f"{c.field[:12]}-{c.op.value}")
def test_hostile_conditions_are_refused_with_words(moto_table: type[Any], condition: Condition) -> None:
    with pytest.raises(BadRequest) as caught:
        listing(moto_table).page(ListRequest((condition,), NEWEST))
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("size", [0, -1, 201, True, "5", None, 2.5])
def test_page_sizes_are_bounded(moto_table: type[Any], size: Any) -> None:
    with pytest.raises(BadRequest, match="1 to 200 rows"):
        listing(moto_table).page(ListRequest((), NEWEST, size))


def test_too_many_conditions_and_unknown_sorts(moto_table: type[Any]) -> None:
    lister = listing(moto_table)
    with pytest.raises(BadRequest, match="at most 20"):
        lister.page(ListRequest((on("score", 1),) * 21))
    for field in ("nonsense", "tags", "state"):
        with pytest.raises(BadRequest, match="to sort by"):
            lister.page(ListRequest((), Sort(field)))


def test_odd_values_find_nothing_rather_than_fail(ticket_table: type[Any]) -> None:
    fill(ticket_table, 6)
    lister = listing(ticket_table)
    odd = [
        on("subject", "\x00"), on("subject", "\U0010ffff" * 9, Op.BEGINS), on("score", -(10**37)),
        on("score", 1e-100), on("updated_at", (stamp(9), stamp(1)), Op.BETWEEN),
        on("updated_at", datetime(1, 1, 1, tzinfo=UTC), Op.LT),
        on("subject", [str(n) for n in range(100)], Op.IN),
    ]  # fmt: skip
    for condition in odd:
        assert lister.page(ListRequest((condition,), NEWEST)).rows == []


def test_an_unreachable_database_is_named_so(moto_table: type[Any]) -> None:
    moto_table.delete_table()
    with pytest.raises(Unavailable) as caught:
        listing(moto_table).page(ListRequest((), NEWEST))
    assert isinstance(caught.value, ListingError)
    assert not isinstance(caught.value, PynamoDBException)
