"""The UCI incident log (ServiceNow, 2016) as tickets; docs/import.md has the table of columns."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.times import to_text
from services.tickets.importing.source import ImportedEvent, ImportedTicket, Reject, Row
from services.tickets.importing.uci_cells import CELLS, STATUSES, BadCell, Named, read

# Wrote the last row of 98.8 % of the incidents: a job of the system, not a person.
SYSTEM_UPDATER = "updater-908"

# Hold their final value on every row, so they say nothing about the moment of a row.
BACK_FILLED = ("notify", "closed_code", "resolved_by")
CUSTOM = {
    "impact": "impact",
    "urgency": "urgency",
    "location": "location",
    "u_symptom": "symptom",
    "cmdb_ci": "cmdb_ci",
    "knowledge": "knowledge",
    "u_priority_confirmation": "priority_confirmation",
    "problem_id": "problem_id",
    "rfc": "rfc",
    "vendor": "vendor",
    "caused_by": "caused_by",
    "incident_state": "source_state",
}
# What makes a row this row and no other, whenever the log was exported.
MARKED = tuple(
    name
    for name in CELLS
    if name not in (*BACK_FILLED, "resolved_at", "closed_at", "opened_by", "sys_created_by", "sys_created_at")
)
# The times at which something happened; none can be later than now.
HAPPENED = ("opened_at", "sys_created_at", "sys_updated_at")
ASSIGNING = {"team_id", "assignee_id", "reassigns"}

Cells = dict[str, Any]
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """One row that was read: an incident as it was after one update."""

    line: int
    cells: Cells
    mark: str


class UciIncidents:
    """Turns the log's snapshots into events; one row is one event."""

    name = "uci-incidents"
    columns = tuple(CELLS)

    def tickets(self, rows: Iterable[Row], reject: Reject, *, now: datetime) -> Iterator[ImportedTicket]:
        """Turn rows into tickets in file order; rows that cannot be read or lie after `now` go to `reject`."""
        done: set[str] = set()
        for number, group in itertools.groupby(_snapshots(rows, reject, now), lambda s: s.cells["number"]):
            if number in done:
                for snapshot in group:
                    reject(snapshot.line, f"the rows of {number} do not stand together, these come later")
                continue
            done.add(number)
            yield _ticket(number, list(group))


def _snapshots(rows: Iterable[Row], reject: Reject, now: datetime) -> Iterator[_Snapshot]:
    for row in rows:
        if row.fault:
            reject(row.line, row.fault)
            continue
        try:
            cells = {column: read(column, cell) for column, cell in row.cells.items()}
        except BadCell as bad:
            reject(row.line, str(bad))
            continue
        later = next((name for name in HAPPENED if cells[name] is not None and cells[name] > now), None)
        if later is not None:
            reject(row.line, f"{later} is {row.cells[later]!r}, which is in the future")
            continue
        yield _Snapshot(row.line, cells, ",".join([row.cells[name] for name in MARKED]))


def _ticket(number: str, snapshots: Sequence[_Snapshot]) -> ImportedTicket:
    events: list[ImportedEvent] = []
    before: Values = {}
    responded = False
    closing = _closing(snapshots)
    for index, snapshot in enumerate(snapshots):
        after = _values(number, snapshot.cells, before.get("status", "new"), closed=index >= closing)
        changes = _difference(before, after)
        kind = _kind(index, changes)
        stamp = _stamp(snapshot.cells, first=index == 0)
        changes |= _derived(snapshot.cells, after["status"], stamp, first=index == 0)
        if not responded and _responds(snapshot.cells, after["status"]):
            changes["first_response_at"], responded = to_text(stamp), True
        events.append(_event(snapshot, kind, changes, first=index == 0))
        before = after
    return ImportedTicket(number, events, _people(snapshots), *_places(snapshots))


def _event(snapshot: _Snapshot, kind: str, changes: Values, *, first: bool) -> ImportedEvent:
    actor = _opener(snapshot.cells) if first else snapshot.cells["sys_updated_by"]
    return ImportedEvent(
        at=snapshot.cells["opened_at" if first else "sys_updated_at"],
        actor_id=actor.id,
        actor_kind="system" if actor.id == SYSTEM_UPDATER else "agent",
        kind=kind,
        values=changes,
        public=first,
        line=snapshot.line,
        mark=snapshot.mark,
    )


def _opener(cells: Cells) -> Named:
    opener: Named = cells["opened_by"] or cells["sys_created_by"] or cells["sys_updated_by"]
    return opener


def _stamp(cells: Cells, *, first: bool) -> datetime:
    """Tell when a row's values came about: its own time, for the first row not before the opening."""
    at: datetime = cells["sys_updated_at"]
    return max(at, cells["opened_at"]) if first else at


def _closing(snapshots: Sequence[_Snapshot]) -> int:
    """Find the row that closed the incident for good; past the end when it is not closed."""
    index = len(snapshots)
    while index and snapshots[index - 1].cells["incident_state"] == "Closed":
        index -= 1
    return index


def _values(number: str, cells: Cells, status: str, *, closed: bool) -> Values:
    """Read a row as a ticket's fields, without those that are not known."""
    category, team, holder, caller = (
        cells[name] for name in ("category", "assignment_group", "assigned_to", "caller_id")
    )
    parts = [category.name if category else None, cells["subcategory"], cells["u_symptom"]]
    values = {
        "subject": " / ".join(filter(None, parts)) or f"Incident {number}",
        "status": STATUSES[cells["incident_state"]] or status,
        "priority": cells["priority"],
        "category": category and category.id,
        "subcategory": cells["subcategory"],
        "team_id": team and team.id,
        "assignee_id": holder and holder.id,
        "requester_id": caller and caller.id,
        "channel": cells["contact_type"],
        "reopens": cells["reopen_count"],
        "reassigns": cells["reassignment_count"],
        "custom.reference": number,
    }
    values |= {f"custom.{field}": cells[column] for column, field in CUSTOM.items()}
    if closed:
        values |= {f"custom.{name}": cells[name] for name in BACK_FILLED}
    if closed or not cells["made_sla"]:
        values["custom.made_sla"] = cells["made_sla"]
    return {name: value for name, value in values.items() if value is not None}


def _difference(before: Values, after: Values) -> Values:
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    return changed | {name: None for name in before if name not in after}


def _kind(index: int, changed: Values) -> str:
    if index == 0:
        return "created"
    if not changed:
        return "touched"
    return "assigned" if changed.keys() <= ASSIGNING and changed.keys() != {"reassigns"} else "changed"


def _derived(cells: Cells, status: str, stamp: datetime, *, first: bool) -> Values:
    """Give the log's own figures for what we would count and stamp ourselves.

    A second Closed row sets the closing time again, as closed_at of the log does.
    """
    derived: Values = {"reopens": cells["reopen_count"], "reassigns": cells["reassignment_count"]}
    if status == "closed":
        derived["closed_at"] = to_text(stamp)
    if first and status in ("solved", "closed"):
        derived["solved_at"] = derived["first_solved_at"] = to_text(stamp)
    return derived


def _responds(cells: Cells, status: str) -> bool:
    """Tell whether a row counts as the first response: a person left it in a status other than new."""
    return status != "new" and cells["sys_updated_by"].id != SYSTEM_UPDATER


def _people(snapshots: Sequence[_Snapshot]) -> dict[str, tuple[str, str]]:
    people: dict[str, tuple[str, str]] = {}
    opener = _opener(snapshots[0].cells)
    people[opener.id] = (opener.name, "agent")
    for index, snapshot in enumerate(snapshots):
        caller, holder = snapshot.cells["caller_id"], snapshot.cells["assigned_to"]
        updater = snapshot.cells["sys_updated_by"] if index else None
        if caller:
            people[caller.id] = (caller.name, "customer")
        for person in filter(None, (holder, updater)):
            people[person.id] = (person.name, "agent")
    return people


def _places(snapshots: Sequence[_Snapshot]) -> tuple[dict[str, str], dict[str, str]]:
    teams = {s.cells["assignment_group"] for s in snapshots} - {None}
    categories = {s.cells["category"] for s in snapshots} - {None}
    return dict(sorted(teams)), dict(sorted(categories))
