"""A slice of the real incident log against what the file says, counted without the product's own code."""

import csv
import gzip
import itertools
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

import models
from dynamodb_client import ConnectionOptions
from models.setting import Setting
from models.ticket import Ticket
from models.ticket_history import TicketHistory
from services.bootstrap import Services
from services.tickets import FileReport
from tests.data_folder import DATA, needs_data
from tests.services.tickets.importing import logs

LOG = DATA / "data" / "uci_incident_event_log.csv.gz"
# Rows out of line, states without a label, the longest history, several closings, a lone made_sla, no caller.
ODD = {
    "INC0000130", "INC0000131", "INC0000134", "INC0000135", "INC0000137", "INC0000164", "INC0002588",
    "INC0018594", "INC0019396", "INC0028089", "INC0030413", "INC0044260",
}  # fmt: skip
EVERY = 85

pytestmark = needs_data

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def chosen() -> list[Rows]:
    """Choose the odd incidents and every 85th other one: about 300."""
    with gzip.open(LOG, "rt", encoding="utf-8", newline="") as file:
        groups = itertools.groupby(csv.DictReader(file), lambda row: row["number"])
        return [list(rows) for index, (ref, rows) in enumerate(groups) if index % EVERY == 0 or ref in ODD]


@pytest.fixture(scope="module")
def imported(
    chosen: list[Rows], tables: ConnectionOptions, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Services, FileReport]:
    """Import the slice once for all tests here."""
    folder = tmp_path_factory.mktemp("slice")
    path = logs.write(folder / "slice.csv.gz", itertools.chain.from_iterable(chosen))
    models.connect(tables)
    services = logs.build(tables, folder)
    return services, logs.import_log(services, path)


@pytest.fixture(scope="module")
def tickets(imported: object) -> dict[str, Ticket]:
    return {ticket.custom["reference"]: ticket for ticket in Ticket.scan()}


@pytest.fixture(scope="module")
def events(tickets: dict[str, Ticket]) -> dict[str, list[TicketHistory]]:
    return {
        ref: list(TicketHistory.query(ticket.ticket_id, consistent_read=True))
        for ref, ticket in tickets.items()
    }


def day_first(text: str) -> datetime:
    return datetime.strptime(f"{text} +0000", "%d/%m/%Y %H:%M %z")


def test_every_row_is_there_and_the_ledger_is_whole(
    imported: tuple[Services, FileReport], chosen: list[Rows]
):
    services, report = imported
    rows = sum(map(len, chosen))
    assert len(chosen) > 300
    assert (report.result.tickets, report.result.events, report.rejected) == (len(chosen), rows, 0)
    report = services.tickets.audit.verify()
    assert (report.tickets, report.history_items, report.violations) == (len(chosen), rows, 0), report.shown


def test_numbers_follow_the_file(tickets: dict[str, Ticket], chosen: list[Rows]):
    by_number = sorted(tickets.values(), key=lambda ticket: ticket.ticket_id)
    assert [t.custom["reference"] for t in by_number] == [rows[0]["number"] for rows in chosen]
    assert [t.ticket_id for t in by_number] == list(range(1, len(chosen) + 1))


@pytest.mark.parametrize(
    ("column", "field", "words"),
    [
        ("incident_state", "status", {"Closed": "closed"}),
        (
            "priority",
            "priority",
            {"1 - Critical": "urgent", "2 - High": "high", "3 - Moderate": "normal", "4 - Low": "low"},
        ),
        ("contact_type", "channel", {}),
        ("category", "category", {}),
        ("assignment_group", "team_id", {}),
        ("assigned_to", "assignee_id", {}),
        ("caller_id", "requester_id", {}),
    ],
)
def test_final_values_equal_the_last_rows(
    tickets: dict[str, Ticket], chosen: list[Rows], column: str, field: str, words: dict[str, str]
):
    separator = "_" if field == "channel" else "-"
    expected = Counter(
        None
        if (cell := rows[-1][column]) == "?"
        else words.get(cell, cell.lower().replace(" ", separator).replace("direct_opening", "direct"))
        for rows in chosen
    )
    assert Counter(getattr(ticket, field) for ticket in tickets.values()) == expected


def test_months_and_counters(tickets: dict[str, Ticket], chosen: list[Rows]):
    for field, column in (("created_at", "opened_at"), ("closed_at", "closed_at")):
        expected = Counter(day_first(rows[0][column]).strftime("%Y-%m") for rows in chosen)
        assert Counter(getattr(t, field).strftime("%Y-%m") for t in tickets.values()) == expected
    for field, column in (("reopens", "reopen_count"), ("reassigns", "reassignment_count")):
        assert sum(getattr(t, field) for t in tickets.values()) == sum(
            int(rows[-1][column]) for rows in chosen
        )


def test_each_ticket_closes_and_resolves_when_the_file_says(tickets: dict[str, Ticket], chosen: list[Rows]):
    for rows in chosen:
        ticket, last = tickets[rows[0]["number"]], rows[-1]
        assert ticket.created_at == day_first(last["opened_at"])
        assert ticket.closed_at == day_first(last["closed_at"])
        assert ticket.version == len(rows)
        assert ticket.custom.get("closed_code", "?") == last["closed_code"]
        assert ticket.custom["made_sla"] is (last["made_sla"] == "true")
        # The file stamps the last of several Resolved rows in a row, the ledger the step to solved.
        solving = [row for row in rows if row["incident_state"] == "Resolved"]
        if len(solving) == 1 and last["resolved_at"] != "?":
            assert ticket.solved_at == max(day_first(last["resolved_at"]), ticket.created_at)


def test_history_has_the_rows_order_times_and_actors(
    events: dict[str, list[TicketHistory]], chosen: list[Rows]
):
    for rows in chosen:
        items = events[rows[0]["number"]]
        assert [item.version for item in items] == list(range(1, len(rows) + 1))
        assert items[0].kind == "created"
        assert items[0].at == day_first(rows[0]["opened_at"])
        for item, row in zip(items[1:], rows[1:], strict=True):
            assert item.at == day_first(row["sys_updated_at"])
            assert item.actor_id == row["sys_updated_by"].replace("Updated by ", "updater-")
            assert item.actor_kind == ("system" if item.actor_id == "updater-908" else "agent")


def test_rows_that_change_nothing_are_touched(events: dict[str, list[TicketHistory]], chosen: list[Rows]):
    silent = {"sys_mod_count", "sys_updated_at", "sys_updated_by", "active"}
    derived = {"first_response_at", "closed_at"}
    for rows in chosen:
        items = events[rows[0]["number"]]
        for (before, after), item in zip(itertools.pairwise(rows), items[1:], strict=True):
            same = all(before[name] == after[name] for name in before if name not in silent)
            assert (item.kind == "touched") is same
            if same:
                assert item.changes.keys() <= derived


def test_nothing_of_the_end_is_known_before_it(events: dict[str, list[TicketHistory]]):
    for items in events.values():
        for item in items:
            if item.state["status"] not in ("solved", "closed"):
                assert not item.state.keys() & {"solved_at", "closed_at"}
                assert (
                    "custom.closed_code" not in item.changes or item.changes["custom.closed_code"][1] is None
                )


def test_references_tell_what_came_from_where(tickets: dict[str, Ticket], chosen: list[Rows]):
    stored = {
        item.id: item.value for item in Setting.scan(Setting.kind.startswith("external_ref#uci-incidents#"))
    }
    assert {ref: value["ticket_id"] for ref, value in stored.items()} == {
        ref: ticket.ticket_id for ref, ticket in tickets.items()
    }
    assert {ref: value["events"] for ref, value in stored.items()} == {
        rows[0]["number"]: len(rows) for rows in chosen
    }


def test_a_second_run_changes_nothing(
    imported: tuple[Services, FileReport], chosen: list[Rows], tmp_path: Path
):
    stored = logs.dump()
    path = logs.write(tmp_path / "again.csv.gz", itertools.chain.from_iterable(chosen))
    again = logs.import_log(imported[0], path)
    assert (again.result.events, again.result.known_tickets) == (0, len(chosen))
    assert logs.dump() == stored
