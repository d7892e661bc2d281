"""Small hand-made logs, and what an import of one left in the tables."""

import csv
import gzip
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dynamodb_client import ConnectionOptions
from models import ticket_history
from models.assignment import Assignment
from models.counter import Counter
from models.setting import Setting
from models.ticket import Ticket
from models.ticket_history import TicketHistory
from models.user import User
from services.bootstrap import Services, build_services
from services.tickets import MAPPINGS, FileReport, Watch, import_file
from tests.services.harness import options as service_options

UCI = MAPPINGS["uci-incidents"]
ROW = dict.fromkeys(UCI.columns, "?") | {
    "number": "INC0000001",
    "incident_state": "New",
    "active": "true",
    "reassignment_count": "0",
    "reopen_count": "0",
    "sys_mod_count": "0",
    "made_sla": "true",
    "caller_id": "Caller 2403",
    "opened_by": "Opened by  8",
    "opened_at": "5/3/2016 01:16",
    "sys_updated_by": "Updated by 21",
    "sys_updated_at": "5/3/2016 01:23",
    "contact_type": "Phone",
    "category": "Category 55",
    "subcategory": "Subcategory 170",
    "u_symptom": "Symptom 72",
    "impact": "2 - Medium",
    "urgency": "2 - Medium",
    "priority": "3 - Moderate",
    "assignment_group": "Group 56",
    "knowledge": "true",
    "u_priority_confirmation": "false",
    "notify": "Do Not Notify",
    "closed_code": "code 5",
    "resolved_by": "Resolved by 149",
    "resolved_at": "5/3/2016 11:29",
    "closed_at": "10/3/2016 12:00",
}

LogRow = Mapping[str, str]


def row(**cells: str) -> dict[str, str]:
    """Make a row of the log that differs from an ordinary first row in these cells."""
    return ROW | cells


def incident(number: int, *states: str) -> list[dict[str, str]]:
    """Make an incident with a row an hour in each of these states."""
    return [
        row(
            number=f"INC{number:07d}",
            incident_state=state,
            sys_mod_count=str(hour),
            sys_updated_by=f"Updated by {20 + hour}",
            sys_updated_at=f"6/3/2016 {hour:02d}:00",
        )
        for hour, state in enumerate(states)
    ]


def write(path: Path, rows: Iterable[LogRow]) -> Path:
    """Write rows as a log file, gzip-compressed when it is named so."""
    with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else path.open("w", newline="") as file:
        writer = csv.DictWriter(file, UCI.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def build(options: ConnectionOptions, folder: Path) -> Services:
    """Wire the product's services on an engine."""
    return build_services(service_options(options, folder))


def import_log(services: Services, path: Path, limit: int | None = None) -> FileReport:
    """Import a log; rejects go to rejects.csv beside it."""
    return import_file(
        services.tickets.importer,
        path=path,
        mapping=UCI,
        rejects=path.with_name("rejects.csv"),
        limit=limit,
        clock=lambda: datetime.now(UTC),
        watch=Watch(),
    )


def dump() -> dict[str, list[dict[str, Any]]]:
    """Read everything an import writes, apart from when it was recorded and by which attempt."""
    passing = {"write_id", "feed", "feed_at", "recorded_at"}
    items_by_table: dict[str, list[dict[str, Any]]] = {}
    for table in (Ticket, TicketHistory, Assignment, Setting, Counter, User):
        items = [{k: v for k, v in item.serialize().items() if k not in passing} for item in table.scan()]
        if table is User:
            items = [{k: v for k, v in item.items() if k != "created_at"} for item in items]
        if table is Setting:
            # Which numbers the last batch was given is no longer of interest once they are used.
            items = [item for item in items if item["kind"] != {"S": "import"}]
        items_by_table[table.__name__] = sorted(items, key=repr)
    return items_by_table


def history(ticket_id: int) -> list[TicketHistory]:
    """Read a ticket's history, oldest first."""
    return ticket_history.of_ticket(ticket_id)


def rejected(path: Path) -> list[tuple[int, str]]:
    """Read a rejects file."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [(int(line), reason) for line, reason in list(csv.reader(file))[1:]]
