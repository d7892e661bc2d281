"""Rows of the incident log become the right events; no engine needed."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pytest

from services.tickets.importing.source import ImportedTicket, Row
from tests.services.tickets.importing.logs import UCI, incident, row

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def mapped(rows: Iterable[Mapping[str, str]]) -> tuple[list[ImportedTicket], list[tuple[int, str]]]:
    rejects: list[tuple[int, str]] = []
    lines = (Row(line, cells) for line, cells in enumerate(rows, start=2))
    return list(UCI.tickets(lines, lambda line, reason: rejects.append((line, reason)), now=NOW)), rejects


def one(*rows: Mapping[str, str]) -> ImportedTicket:
    tickets, rejects = mapped(rows)
    assert not rejects
    assert len(tickets) == 1
    return tickets[0]


def test_the_first_row_is_the_creation_by_the_opener_at_the_opening():
    created = one(row()).events[0]
    assert (created.kind, created.actor_id, created.actor_kind) == ("created", "opener-8", "agent")
    assert created.at == datetime(2016, 3, 5, 1, 16, tzinfo=UTC)
    assert created.public
    assert created.values["subject"] == "Category 55 / Subcategory 170 / Symptom 72"
    assert created.values["status"] == "new"
    assert created.values["priority"] == "normal"
    assert created.values["team_id"] == "group-56"
    assert created.values["requester_id"] == "caller-2403"
    assert created.values["custom.impact"] == "Medium"
    assert created.values["custom.reference"] == "INC0000001"
    assert None not in created.values.values()


def test_an_unknown_opener_is_replaced_by_creator_then_updater():
    assert one(row(opened_by="?", sys_created_by="Created by 6")).events[0].actor_id == "creator-6"
    assert one(row(opened_by="?", sys_created_by="?")).events[0].actor_id == "updater-21"


def test_later_rows_carry_only_what_differs():
    first, second = one(row(), row(assignment_group="?", location="Location 3", sys_mod_count="1")).events
    assert second.kind == "changed"
    changed = {k: v for k, v in second.values.items() if k not in ("reopens", "reassigns")}
    assert changed == {"team_id": None, "custom.location": "Location 3"}
    assert "custom.location" not in first.values
    assert (second.actor_id, second.at) == ("updater-21", datetime(2016, 3, 5, 1, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"sys_mod_count": "9", "active": "false", "sys_updated_by": "Updated by 3"}, "touched"),
        ({"assigned_to": "Resolver 13"}, "assigned"),
        ({"assignment_group": "Group 1", "reassignment_count": "1"}, "assigned"),
        ({"reassignment_count": "1"}, "changed"),
        ({"assigned_to": "Resolver 13", "priority": "2 - High"}, "changed"),
        ({"incident_state": "Awaiting Vendor"}, "changed"),
        ({"made_sla": "false"}, "changed"),
    ],
)
def test_kinds(cells: dict[str, str], kind: str):
    assert one(row(), row(**cells)).events[1].kind == kind


def test_a_state_without_a_label_keeps_the_status_and_its_raw_value():
    rows = [row(incident_state=state) for state in ("Active", "-100", "Active")]
    events = one(*rows).events
    assert [e.values.get("status") for e in events] == ["open", None, None]
    assert [e.values["custom.source_state"] for e in events] == ["Active", "-100", "Active"]


def test_waiting_for_different_third_parties_is_one_status():
    events = one(row(incident_state="Awaiting Vendor"), row(incident_state="Awaiting Problem")).events
    assert "status" not in events[1].values
    assert events[1].kind == "changed"


def test_back_filled_columns_appear_with_the_final_closing_only():
    events = one(*incident(1, "New", "Closed", "Active", "Closed", "Closed")).events
    shown = [{k for k in e.values if k in ("custom.closed_code", "custom.made_sla")} for e in events]
    assert shown == [set(), set(), set(), {"custom.closed_code", "custom.made_sla"}, set()]
    assert events[4].kind == "touched"
    assert [e.values.get("closed_at") for e in events[3:]] == [
        "2016-03-06T03:00:00.000000Z",
        "2016-03-06T04:00:00.000000Z",
    ]
    assert not any("solved_at" in e.values for e in events)


def test_an_incident_that_is_not_closed_shows_nothing_of_its_end():
    events = one(*incident(1, "New", "Resolved")).events
    assert not any("closed_code" in name or "made_sla" in name for e in events for name in e.values)


def responses(*rows: Mapping[str, str]) -> list[str | None]:
    return [event.values.get("first_response_at") for event in one(*rows).events]


def test_first_response_is_the_first_row_by_a_person_that_is_not_new():
    stamp = "2016-03-05T01:23:00.000000Z"
    assert responses(*incident(1, "New", "New", "Active", "Closed")) == [
        None, None, "2016-03-06T02:00:00.000000Z", None,
    ]  # fmt: skip
    assert responses(row(incident_state="Active"), row(incident_state="Resolved")) == [stamp, None]
    robot = row(incident_state="Active", sys_updated_by="Updated by 908")
    assert responses(robot, robot) == [None, None]
    assert responses(robot, robot, row(incident_state="Active")) == [None, None, stamp]
    assert responses(row(), row(incident_state="-100")) == [None, None]


def test_nothing_happens_before_the_opening():
    early = {"sys_updated_at": "4/3/2016 23:00", "sys_updated_by": "Updated by 21"}
    opening = "2016-03-05T01:16:00.000000Z"
    values = one(row(incident_state="Resolved", **early)).events[0].values
    assert values["first_response_at"] == values["solved_at"] == values["first_solved_at"] == opening


def test_people_and_places_come_along():
    ticket = one(row(), row(assigned_to="Resolver 13", assignment_group="Group 2", caller_id="?"))
    assert ticket.people == {
        "opener-8": ("Opened by 8", "agent"),
        "caller-2403": ("Caller 2403", "customer"),
        "resolver-13": ("Resolver 13", "agent"),
        "updater-21": ("Updated by 21", "agent"),
    }
    assert ticket.teams == {"group-2": "Group 2", "group-56": "Group 56"}
    assert ticket.categories == {"category-55": "Category 55"}


def test_the_system_job_is_not_a_person():
    assert one(row(), row(sys_updated_by="Updated by 908")).events[1].actor_kind == "system"


def test_a_subject_is_made_of_what_is_known():
    unknown = {"category": "?", "subcategory": "?", "u_symptom": "?"}
    assert one(row(**unknown)).events[0].values["subject"] == "Incident INC0000001"
    assert one(row(**unknown | {"u_symptom": "Symptom 1"})).events[0].values["subject"] == "Symptom 1"


def test_bad_rows_are_rejected_and_the_others_of_the_incident_stay():
    rows = [*incident(1, "New", "Broken", "Closed"), *incident(2, "Lost"), *incident(3, "New")]
    tickets, rejects = mapped(rows)
    assert [(t.ref, len(t.events)) for t in tickets] == [("INC0000001", 2), ("INC0000003", 1)]
    assert [line for line, _ in rejects] == [3, 5]
    assert rejects[0][1] == "incident_state is 'Broken', not one of the known values"


@pytest.mark.parametrize("column", ["opened_at", "sys_created_at", "sys_updated_at"])
def test_a_row_in_the_future_is_rejected_with_its_reason(column: str):
    last = row(incident_state="Active", **{column: "30/11/2026 12:01"})
    tickets, rejects = mapped([row(), last, *incident(2, "New")])
    assert [(ticket.ref, len(ticket.events)) for ticket in tickets] == [("INC0000001", 1), ("INC0000002", 1)]
    assert rejects == [(3, f"{column} is '30/11/2026 12:01', which is in the future")]
    assert len(one(row(), last | {column: "30/11/2026 12:00"}).events) == 2


def test_rows_that_come_after_other_incidents_are_rejected():
    tickets, rejects = mapped([*incident(1, "New"), *incident(2, "New"), *incident(1, "Closed", "Closed")])
    assert [t.ref for t in tickets] == ["INC0000001", "INC0000002"]
    assert [line for line, _ in rejects] == [4, 5]
    assert "do not stand together" in rejects[0][1]


def test_faults_of_lines_are_rejected():
    told: list[tuple[int, str]] = []
    faulty = [Row(7, {}, "2 cells instead of 36")]
    assert list(UCI.tickets(faulty, lambda line, reason: told.append((line, reason)), now=NOW)) == []
    assert told == [(7, "2 cells instead of 36")]
