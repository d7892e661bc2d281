"""The importer on the real engine: everything once, whatever happened before."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import models
from dynamodb_client import ConnectionOptions
from local.engine import ROOT, Engine
from models import assignment as assignment_table
from models import counter
from models import ticket as ticket_table
from models.counter import Counter
from models.store_errors import VersionMoved
from pynamodb_grid.tests.depth import DEEP
from services.bootstrap import Services
from services.tickets import FileReport, ImportedEvent, ImportedTicket
from services.tickets.importing.importer import _Job
from services.tickets.importing.references import Reference
from services.users.identity import Actor
from tests.engines import embedded_only
from tests.patience import PATIENCE
from tests.services.tickets.importing import logs
from tests.services.tickets.importing.logs import LogRow, history, incident, row

ImportRows = Callable[[Iterable[LogRow]], FileReport]
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_one_incident_becomes_one_ticket_with_its_history(import_rows: ImportRows, services: Services):
    rows = [
        row(),
        row(incident_state="Active", assigned_to="Resolver 13", sys_updated_at="5/3/2016 02:00"),
        row(
            incident_state="Active", assigned_to="Resolver 14", reassignment_count="1",
            sys_updated_at="5/3/2016 03:00",
        ),
        row(incident_state="Resolved", assigned_to="Resolver 14", reassignment_count="1"),
        row(incident_state="Active", assignment_group="?", reopen_count="1", reassignment_count="2"),
        row(
            incident_state="Closed", assignment_group="?", reopen_count="1", reassignment_count="2",
            sys_updated_by="Updated by 908", sys_updated_at="10/3/2016 12:00",
        ),
    ]  # fmt: skip
    before = datetime.now(UTC)
    report = import_rows(rows)
    assert (report.result.tickets, report.result.events, report.rejected) == (1, 6, 0)
    ticket = ticket_table.find(1)
    assert ticket is not None
    assert (ticket.version, ticket.status, ticket.reopens, ticket.reassigns) == (6, "closed", 1, 2)
    assert (ticket.team_id, ticket.assignee_id) == (None, None)
    assert ticket.closed_at == datetime(2016, 3, 10, 12, tzinfo=UTC)
    assert ticket.custom["closed_code"] == "code 5"
    items = history(1)
    assert [item.kind for item in items] == [
        "created",
        "changed",
        "assigned",
        "changed",
        "changed",
        "changed",
    ]
    assert items[0].at == ticket.created_at == datetime(2016, 3, 5, 1, 16, tzinfo=UTC)
    assert items[4].state["reopens"] == 1
    assert "team_id" not in items[5].state
    assert all(datetime.fromisoformat(item.feed_at.split("#")[0]) >= before for item in items)
    held = [(item.agent_id, item.released_at is not None) for item in assignment_table.of_ticket(1)]
    assert held == [("resolver-13", True), ("resolver-14", True)]
    assert services.users.accounts.get("caller-2403").role_id == "customer"
    assert [team.id for team in services.catalog.teams()] == ["group-56"]


def test_a_second_run_changes_nothing(import_rows: ImportRows):
    rows = [r for n in range(1, 30) for r in incident(n, "New", "Active", "Resolved", "Closed")]
    import_rows(rows)
    stored = logs.dump()
    again = import_rows(rows)
    assert (again.result.tickets, again.result.events, again.result.known_events) == (0, 0, 116)
    assert logs.dump() == stored
    assert Counter.get("tickets").number == 29


def test_a_longer_log_continues_a_shorter_one(import_rows: ImportRows, tables: ConnectionOptions):
    rows = [r for n in range(1, 6) for r in incident(n, "New", "Active", "Awaiting Vendor", "Closed")]
    import_rows(rows[:10])
    report = import_rows(rows)
    assert (report.result.tickets, report.result.events, report.result.known_events) == (2, 10, 10)
    in_parts = logs.dump()
    models.delete_tables()
    models.create_tables()
    import_rows(rows)
    assert logs.dump() == in_parts


def test_a_shorter_log_after_a_longer_one_changes_nothing(import_rows: ImportRows):
    rows = incident(1, "New", "Active", "Closed")
    import_rows(rows)
    stored = logs.dump()
    assert import_rows(rows[:2]).result.events == 0
    assert logs.dump() == stored


def test_changes_people_made_since_are_kept(import_rows: ImportRows, services: Services):
    rows = incident(1, "New", "Active", "Resolved", "Closed")
    import_rows(rows[:2])
    change = {"subject": "Printer on fire"}
    actor = services_actor(services)
    services.tickets.service.update(
        actor=actor, now=datetime.now(UTC), ticket_id=1, expected_version=2, changes=change, body=None
    )
    report = import_rows(rows)
    assert report.result.events == 2
    ticket = ticket_table.find(1)
    assert ticket is not None
    assert (ticket.version, ticket.subject, ticket.status) == (5, "Printer on fire", "closed")
    assert import_rows(rows).result.events == 0


def services_actor(services: Services) -> Actor:
    services.users.roles.ensure_built_in()
    role = services.users.roles.get("agent")
    return Actor(user_id="ana", name="Ana", kind="agent", role_id="agent", permissions=role.permissions)


def test_a_rewritten_past_is_refused_row_by_row(import_rows: ImportRows, tmp_path: Path):
    rows = incident(1, "New", "Active") + incident(2, "New")
    import_rows(rows)
    stored = logs.dump()
    rewritten = [rows[0] | {"priority": "2 - High"}, rows[1], *incident(1, "", "", "Closed")[2:], rows[2]]
    report = import_rows(rewritten)
    assert (report.result.refused_events, report.result.known_events, report.rejected) == (3, 1, 3)
    rejected_rows = logs.rejected(tmp_path / "rejects.csv")
    assert [line for line, _ in rejected_rows] == [2, 3, 4]
    assert rejected_rows[0][1] == "Left out: the rows of INC0000001 are not those imported before"
    # The person of the new row is known now; that is all.
    assert {**logs.dump(), "User": []} == {**stored, "User": []}


def test_a_corrected_row_is_not_taken_for_a_new_one(import_rows: ImportRows):
    rows = incident(1, "New", "Active", "Closed")
    report = import_rows([rows[0], rows[1] | {"sys_updated_at": "soon"}, rows[2]])
    assert (report.result.events, report.rejected) == (2, 1)
    corrected = import_rows(rows)
    assert (corrected.result.events, corrected.result.refused_events) == (0, 3)


def test_rejected_rows_are_listed_and_the_list_goes_when_all_is_well(import_rows: ImportRows, tmp_path: Path):
    rows = incident(1, "New", "=1+1", "Closed")
    import_rows(rows)
    words = "Left out: incident_state is '=1+1', not one of the known values"
    assert logs.rejected(tmp_path / "rejects.csv") == [(3, words)]
    import_rows(incident(2, "New"))
    assert not (tmp_path / "rejects.csv").exists()


def test_numbers_follow_the_file_and_go_on_after_others(import_rows: ImportRows):
    counter.next_number("tickets", by=500)
    import_rows([r for n in (7, 3, 9) for r in incident(n, "New")])
    tickets = {number: ticket_table.find(number) for number in (501, 502, 503)}
    references = [ticket.custom["reference"] for ticket in tickets.values() if ticket]
    assert references == ["INC0000007", "INC0000003", "INC0000009"]


def test_an_incident_too_long_for_one_transaction_comes_in_parts(import_rows: ImportRows):
    holders = [f"Resolver {n}" for n in range(160)]
    import_rows([row(assigned_to=holder, sys_mod_count=str(n)) for n, holder in enumerate(holders)])
    ticket = ticket_table.find(1)
    assert ticket is not None
    assert (ticket.version, ticket.assignee_id) == (160, "resolver-159")
    assignment_periods = assignment_table.of_ticket(1)
    assert [period.agent_id for period in assignment_periods] == [
        holder.lower().replace(" ", "-") for holder in holders
    ]
    assert [period.released_at is None for period in assignment_periods] == [False] * 159 + [True]


def test_two_imports_at_a_time_make_each_ticket_once(services: Services, tmp_path: Path):
    rows = [r for n in range(1, 120) for r in incident(n, "New", "Active", "Closed")]
    path = logs.write(tmp_path / "log.csv", rows)
    folders = [tmp_path / name for name in "ab"]
    with ThreadPoolExecutor(2) as pool:
        for folder in folders:
            folder.mkdir()
            logs.write(folder / "log.csv", rows)
        list(pool.map(lambda folder: logs.import_log(services, folder / "log.csv"), folders))
    verification = services.tickets.audit.verify()
    assert (verification.tickets, verification.history_items, verification.violations) == (119, 357, 0)
    assert logs.import_log(services, path).result.known_tickets == 119


def conversation(ref: str, replies: int) -> ImportedTicket:
    """Make a ticket with messages, as the benchmark's corpus has them."""
    opened = {"subject": "Printer", "status": "new", "priority": "low", "requester_id": "c-1"}
    events = [ImportedEvent(START, "c-1", "customer", "created", opened, public=True, body="It smokes.")]
    for n in range(1, replies + 1):
        at = START + timedelta(hours=n)
        events.append(ImportedEvent(at, "a-1", "agent", "replied", {}, public=True, body="é" * 30_000))
    return ImportedTicket(ref, events, {"c-1": ("Cleo", "customer"), "a-1": ("Ana", "agent")})


def test_other_sources_import_messages_too(services: Services):
    def refuse(line: int, reason: str) -> None:
        pytest.fail(f"{line}: {reason}")

    tickets = [conversation("one", 1), conversation("many", 70)]
    for _ in range(2):
        result = services.tickets.importer.run(
            source="corpus", tickets=tickets, clock=lambda: datetime.now(UTC), reject=refuse
        )
    assert (result.events, result.known_events) == (0, 73)
    ticket = ticket_table.find(2)
    assert ticket is not None
    assert (ticket.version, ticket.agent_replies) == (71, 70)
    assert ticket.first_response_at == START + timedelta(hours=1)
    assert history(2)[-1].body == "é" * 30_000


def test_events_that_arrived_after_they_were_looked_for_are_written_once(services: Services):
    """The reference is read, then a request that was given up arrives, then the ticket is read."""
    importer = services.tickets.importer
    for told in (conversation("one", 1), conversation("one", 3)):
        importer.run(source="corpus", tickets=[told], clock=lambda: START, reject=lambda *_: None)
    seen = Reference(1, 0, "").then(conversation("one", 1).events)
    job = _Job("corpus", conversation("one", 3), 0, seen)
    with pytest.raises(VersionMoved):
        importer._write(job, seen, lambda: START)
    assert importer._settle(job, lambda: START) == ""
    assert len(history(1)) == 4


ENGINE_KILLS, IMPORT_KILLS = (3, 4) if DEEP else (1, 2)


@embedded_only
def test_an_engine_that_dies_meanwhile_loses_and_doubles_nothing(tmp_path: Path):
    rows = [r for n in range(1, 700) for r in incident(n, "New", "Active", "Closed")]
    path = logs.write(tmp_path / "log.csv", rows)
    with Engine(tmp_path / "data") as engine:
        options = ConnectionOptions("eu-central-1", engine.endpoint, "dying-")
        services = logs.build(options, tmp_path)
        models.create_tables()
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(logs.import_log, services, path)
            for _ in range(ENGINE_KILLS):
                time.sleep(0.4)
                engine.kill()
                engine.start()
            report = running.result()
        assert report.result.events == 2097
        verification = services.tickets.audit.verify()
        assert (verification.tickets, verification.history_items, verification.violations) == (699, 2097, 0)


IMPORT = """
import os
import sys
from pathlib import Path
import models
from dynamodb_client import ConnectionOptions
from tests.services.tickets.importing import logs
endpoint, prefix, path = sys.argv[1:]
fast = os.environ["DYNAMODB_CLIENT"] == "fast"
options = ConnectionOptions("eu-central-1", endpoint, prefix, fast_client=fast)
services = logs.build(options, Path(path).parent)
logs.import_log(services, Path(path))
"""


def test_killed_at_any_moment_and_run_again_gives_the_same(
    services: Services, tables: ConnectionOptions, tmp_path: Path
):
    rows = [r for n in range(1, 900) for r in incident(n, "New", "Active", "Closed")]
    path = logs.write(tmp_path / "log.csv.gz", rows)
    logs.import_log(services, path)
    straight = logs.dump()
    models.delete_tables()
    models.create_tables()
    sizes = [0]
    for _ in range(IMPORT_KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", IMPORT, str(tables.endpoint), tables.prefix, str(path)], cwd=ROOT
        )
        wait_for_more(sizes[-1])
        process.kill()
        process.wait()
        sizes.append(services.tickets.audit.verify().tickets)
    assert sizes[-1] < 899
    logs.import_log(services, path)
    assert logs.dump() == straight


def wait_for_more(tickets: int) -> None:
    """Wait until an import has written some tickets more than it found."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if ticket_table.find(tickets + 1) and sum(1 for _ in ticket_table.all_ids()) > tickets + 30:
            return
        time.sleep(0.01)
    pytest.fail("the import does not get on")
