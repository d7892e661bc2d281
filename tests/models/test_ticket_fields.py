"""The registry of ticket fields: what follows from it, and what an entry may not be."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from models.ticket import Ticket
from models.ticket_fields import (
    ALL_FIELDS,
    BY_NAME,
    DONE_STATUSES,
    FIELDS,
    OPEN_STATUSES,
    PRIORITIES,
    PROJECTED,
    STATUSES,
    Field,
    Kind,
    label_of,
    read_fields,
)
from services.tickets.workflow import NEXT
from services.users.identity import Permission


def test_what_is_stored_keeps_its_names() -> None:
    """Ledgers and tables that exist hold these; a renamed one could not be read."""
    stored = {each.stored_as for each in FIELDS}
    assert stored >= {
        "subject", "status", "priority", "category", "team_id", "assignee_id", "requester_id", "channel",
        "created_at", "subcategory", "organization_id", "first_response_at", "first_solved_at", "solved_at",
        "closed_at", "reopens", "reassigns", "agent_replies", "stint",
    }  # fmt: skip
    attributes = {attribute.attr_name for attribute in Ticket.get_attributes().values()}
    assert attributes - stored == {
        "ticket_id", "version", "updated_at", "custom", "state_key", "state_at", "due_shard", "due_at",
    }  # fmt: skip
    assert stored <= attributes
    assert set(PROJECTED) >= {
        "version", "subject", "status", "priority", "category", "team_id", "assignee_id", "requester_id",
        "organization_id", "channel", "created_at", "updated_at", "first_solved_at",
    }  # fmt: skip


def test_choices_have_an_order_and_labels() -> None:
    assert PRIORITIES == ("low", "normal", "high", "urgent")
    assert OPEN_STATUSES + DONE_STATUSES == STATUSES == tuple(NEXT)
    assert [label_of("status", status) for status in STATUSES] == [
        "New", "Open", "Pending", "On hold", "Solved", "Closed",
    ]  # fmt: skip
    assert label_of("channel", "api") == "API"
    assert label_of("channel", "walk_in") == "Walk in"


def test_every_field_can_be_told_apart_and_asks_for_a_permission_that_exists() -> None:
    for part in ("name", "stored_as", "param", "label"):
        assert len({getattr(each, part) for each in ALL_FIELDS}) == len(ALL_FIELDS)
    asked = {each.permission for each in ALL_FIELDS if each.editable}
    assert asked == {Permission.TICKET_UPDATE, Permission.TICKET_ASSIGN}
    assert not any(each.derived and each.editable for each in ALL_FIELDS)
    assert all(BY_NAME[each.name] is each for each in ALL_FIELDS)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (Field("X", Kind.TEXT, listed=True), "define it in ListedFields"),
        (Field("X", Kind.TEXT, in_api=True), "define it in ListedFields"),
        (Field("X", Kind.TEXT, reportable=True, erasable=True), "cannot be reportable"),
        (Field("X", Kind.TEXT, reportable=True, stored_as="y"), "cannot be stored as y"),
    ],
)
def test_an_entry_that_contradicts_itself_is_refused(entry: Field, message: str) -> None:
    @dataclass
    class Holder:
        x: Annotated[str | None, entry] = None

    with pytest.raises(ValueError, match=message):
        read_fields(Holder)
