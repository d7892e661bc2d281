"""The ticket grid by its addresses: filters, sorting, pages, inline edits, bulk changes and the export."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from services.users.identity import SYSTEM
from tests.portal.pages import Page

GRID = "/desk/tickets/"
ROW = re.compile(r"/desk/tickets/(\d+)")
TODAY = datetime.now(UTC).date()
FIELDS = ("status", "priority", "assignee_id", "team_id", "category")


@pytest.fixture(scope="module")
def lot(site):
    """Open 60 tickets that differ in everything a filter asks for; {number: what they were given}."""
    rows = {}
    for n in range(60):
        requester = ("customer", "stranger")[n % 2]
        given = {
            "priority": ("low", "normal", "high", "urgent")[n % 4],
            "team_id": (None, "billing", "devices")[n % 3],
            "category": ("invoices", None)[n % 2],
            "assignee_id": (None, site.users["agent"], site.users["manager"])[n // 20],
        }
        ticket = site.services.tickets.service.create(
            actor=SYSTEM,
            now=datetime.now(UTC),
            subject=f"Lot {n}",
            body="One of many.",
            requester_id=site.users[requester],
            **given,
        )
        status = ("new", "open", "pending", "on_hold", "solved", "closed")[n % 6]
        if status != "new":
            site.services.tickets.service.update(
                actor=SYSTEM,
                now=datetime.now(UTC),
                ticket_id=ticket.ticket_id,
                expected_version=1,
                changes={"status": status},
            )
        rows[ticket.ticket_id] = given | {"status": status, "requester_id": site.users[requester]}
    return rows


def address(**filters):
    matching = {name.replace("__", "."): value for name, value in filters.items()}
    return f"{GRID}?{urlencode(matching, doseq=True)}"


def shown(page):
    numbers = [int(m[1]) for link in page.links if (m := ROW.fullmatch(link))]
    return list(dict.fromkeys(numbers))


def walk(site, path, role="agent"):
    """Follow the list to its end and return all numbers in order."""
    numbers = []
    while path:
        page = site.read(role, path)
        numbers.append(shown(page))
        assert len(numbers) < 60
        path = next(
            (tag["href"] for name, tag in page.tags if name == "a" and tag.get("rel") == "next"), None
        )
    return numbers


def everything(site, path):
    return {number for page in walk(site, path) for number in page}


def matching(lot, **given):
    def fits(ticket):
        return all(ticket[name] in values for name, values in given.items())

    return {number for number, ticket in lot.items() if fits(ticket)}


OPEN, DONE = {"new", "open", "pending", "on_hold"}, {"solved", "closed"}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"state": "open"}, {"status": OPEN}),
        ({"state": "done"}, {"status": DONE}),
        ({"status": "pending"}, {"status": {"pending"}}),
        ({"status": ["new", "pending"]}, {"status": {"new", "pending"}}),
        ({"status": ["new", "solved"]}, {"status": {"new", "solved"}}),
        ({"status__not": "new"}, {"status": (OPEN | DONE) - {"new"}}),
        ({"priority": "urgent"}, {"priority": {"urgent"}}),
        ({"priority__not": ["urgent", "low"]}, {"priority": {"normal", "high"}}),
        ({"team": "billing"}, {"team_id": {"billing"}}),
        ({"team": "-"}, {"team_id": {None}}),
        ({"team__not": "-"}, {"team_id": {"billing", "devices"}}),
        ({"category": "invoices"}, {"category": {"invoices"}}),
        ({"category": "-", "state": "open"}, {"category": {None}, "status": OPEN}),
        ({"team": "devices", "status": "closed"}, {"team_id": {"devices"}, "status": {"closed"}}),
        (
            {"priority": "high", "team": "billing", "category": "-"},
            {"priority": {"high"}, "team_id": {"billing"}, "category": {None}},
        ),
    ],
)
def test_each_filter(site, lot, filters, expected):
    assert everything(site, address(**filters)) == matching(lot, **expected)


def test_filters_by_person(site, lot):
    agent, customer = site.users["agent"], site.users["customer"]
    assert everything(site, address(assignee=agent)) == matching(lot, assignee_id={agent})
    assert everything(site, address(assignee="-", state="open")) == matching(
        lot, assignee_id={None}, status=OPEN
    )
    both = matching(lot, assignee_id={agent}, requester_id={customer}, status=OPEN)
    assert everything(site, address(assignee=agent, requester=customer, state="open")) == both
    assert everything(site, address(requester=customer)) == matching(lot, requester_id={customer})
    assert everything(site, address(assignee__not=agent)) == set(lot) - matching(lot, assignee_id={agent})


@pytest.mark.parametrize("name", ["created", "updated"])
def test_filters_by_day(site, lot, name):
    def on(**ends):
        return everything(site, address(**{f"{name}__{end}": day.isoformat() for end, day in ends.items()}))

    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    assert on(**{"from": TODAY}) == set(lot)
    assert on(to=TODAY) == set(lot)
    assert on(**{"from": yesterday}, to=tomorrow) == set(lot)
    assert on(**{"from": tomorrow}) == set()
    assert on(to=yesterday) == set()


@pytest.mark.parametrize(
    "query",
    [
        "status=wrong",
        "status.not=wrong",
        "priority=%00",
        "state=half",
        "team=none-such",
        "category=%3Cb%3E",
        "created.from=yesterday",
        "created.from=2026-13-01",
        "created.to=9999-12-31",
        "updated.from=0000-00-00",
        "created.from=2026-02-02&created.to=2026-02-01",
        "created.from=2026-01-01&created.from=2026-01-02",
        "nothing=1",
        "status.from=new",
        "size=26",
        "size=-1",
        "size=1e9",
        "sort=body",
        "sort=%00",
        "sort=subject",
        "cursor=x",
        "cursor=" + "x" * 9000,
        "category=-&category=invoices",
        "team=" + "x" * 300,
        "&".join(f"status=s{n}" for n in range(200)),
    ],
)
def test_a_list_that_cannot_be_is_refused_in_words(site, query):
    answer = site.as_("agent").get(f"{GRID}?{query}")
    assert answer.status_code == 400
    page = Page(answer.text)
    assert shown(page) == []
    alerts = [has for _, has in page.tags if has.get("role") == "alert"]
    assert alerts
    assert GRID in page.links  # the way back


def test_a_cursor_belongs_to_its_list(site, lot):
    page = site.read("agent", address(state="open"))
    (older,) = [tag["href"] for name, tag in page.tags if name == "a" and tag.get("rel") == "next"]
    assert site.as_("agent").get(older).status_code == 200
    assert site.as_("agent").get(older.replace("state=open", "state=done")).status_code == 400
    turned = older[:-4] + ("AAAA" if not older.endswith("AAAA") else "BBBB")
    assert site.as_("agent").get(turned).status_code == 400


@pytest.mark.parametrize("size", [25, 50])
@pytest.mark.parametrize("direction", ["&desc=1", ""])
def test_walking_forward_and_back_shows_everything_once_in_order(site, lot, size, direction):
    start = f"{GRID}?size={size}&sort=updated_at{direction}"
    pages = walk(site, start)
    numbers = [number for page in pages for number in page]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) == set(lot)
    times = [site.services.tickets.service.get(actor=SYSTEM, ticket_id=n).updated_at for n in numbers]
    assert times == sorted(times, reverse=bool(direction))

    path = start
    for _ in pages[1:]:
        path = rel(site.read("agent", path), "next")
    back = []
    while path:
        page = site.read("agent", path)
        back.append(shown(page))
        path = rel(page, "prev")
    assert back[::-1] == pages


def rel(page, word):
    return next((tag["href"] for name, tag in page.tags if name == "a" and tag.get("rel") == word), None)


def test_a_small_list_sorts_by_every_column_it_offers(site, lot):
    start = address(assignee=site.users["agent"], state="open")
    mine = matching(lot, assignee_id={site.users["agent"]}, status=OPEN)
    offered = {link for link in site.read("agent", start).links if link.startswith(GRID) and "sort=" in link}
    assert len(offered) >= 4
    for link in offered:
        assert everything(site, link) == mine, link
    by_subject = [n for page in walk(site, f"{start}&sort=subject") for n in page]
    subjects = [site.services.tickets.service.get(actor=SYSTEM, ticket_id=n).subject for n in by_subject]
    assert subjects == sorted(subjects)


def edit(site, role="agent", **fields):
    headers = {"X-CSRFToken": site.token(role)}
    return site.as_(role).post(f"{GRID}ajax/update/", json=fields, headers=headers)


def test_a_cell_is_changed(site, read):
    ticket_id = site.ticket()
    answer = edit(site, pk=str(ticket_id), field="priority", value="high", version=1)
    assert answer.status_code == 200
    assert answer.json["ok"] is True
    assert (answer.json["value"], answer.json["raw"], answer.json["version"]) == ("High", "high", 2)
    answer = edit(site, pk=str(ticket_id), field="assignee_id", value=site.users["agent"], version=2)
    assert answer.json["value"] == "Agent Demo"
    answer = edit(site, pk=str(ticket_id), field="assignee_id", value="", version=3)
    assert answer.status_code == 200
    assert read(ticket_id).assignee_id is None
    assert [kind for kind, _ in site.events(ticket_id)] == ["created", "changed", "assigned", "assigned"]


def test_a_cell_somebody_else_changed_is_a_conflict(site, read):
    ticket_id = site.ticket()
    edit(site, "manager", pk=str(ticket_id), field="priority", value="low", version=1)
    answer = edit(site, pk=str(ticket_id), field="priority", value="high", version=1)
    assert answer.status_code == 409
    conflict = answer.json["conflict"]
    assert (conflict["old"], conflict["theirs"], conflict["yours"]) == ("Normal", "Low", "High")
    assert answer.json["version"] == 2
    assert read(ticket_id).priority == "low"
    assert edit(site, pk=str(ticket_id), field="status", value="open", version=1).status_code == 200
    assert (read(ticket_id).priority, read(ticket_id).status) == ("low", "open")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"pk": "999999999", "field": "priority", "value": "high", "version": 1}, 404),
        ({"pk": "x", "field": "priority", "value": "high", "version": 1}, 404),
        ({"pk": "1" * 400, "field": "priority", "value": "high"}, 404),
        ({"pk": "\u0661", "field": "priority", "value": "high"}, 404),
        ({"pk": 1, "field": "priority", "value": "high"}, 400),
        ({"field": "priority", "value": "high"}, 400),
        ({}, 400),
    ],
)
def test_a_cell_of_no_ticket(site, fields, status):
    answer = edit(site, **fields)
    assert answer.status_code == status
    assert answer.json["ok"] is False
    assert answer.json["message"]


@pytest.mark.parametrize(
    ("field", "value", "version"),
    [
        ("priority", "whatever", 1),
        ("priority", "", 1),
        ("priority", None, 1),
        ("priority", ["high"], 1),
        ("priority", {"a": 1}, 1),
        ("priority", 7, 1),
        ("priority", True, 1),
        ("status", "none", 1),
        ("assignee_id", "nobody", 1),
        ("assignee_id", "x" * 5000, 1),
        ("assignee_id", "\ud800", 1),
        ("subject", "New subject", 1),
        ("requester_id", "x", 1),
        ("version", "9", 1),
        ("__class__", "x", 1),
        (None, "x", 1),
        (["status"], "open", 1),
        ("priority", "high", "x"),
        ("priority", "high", -1),
        ("priority", "high", True),
        ("priority", "high", 99),
        ("priority", "high", "9" * 40),
        ("priority", "high", {"a": 1}),
    ],
)
def test_a_cell_that_cannot_be(site, read, field, value, version):
    ticket_id = site.ticket()
    answer = edit(site, pk=str(ticket_id), field=field, value=value, version=version)
    assert answer.status_code == 400
    assert answer.json["ok"] is False
    assert read(ticket_id).version == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"[" * 20_000, b'{"pk": NaN}'])
def test_no_json_is_no_edit(site, body):
    answer = site.as_("agent").post(
        f"{GRID}ajax/update/",
        data=body,
        content_type="application/json",
        headers={"X-CSRFToken": site.token("agent")},
    )
    assert answer.status_code == 400


def test_a_step_the_workflow_forbids_is_refused(site, read):
    ticket_id = site.ticket()
    edit(site, pk=str(ticket_id), field="status", value="closed", version=1)
    answer = edit(site, pk=str(ticket_id), field="status", value="pending", version=2)
    assert answer.status_code == 400
    assert "cannot go from Closed to Pending" in answer.json["message"]
    assert read(ticket_id).status == "closed"


def bulk(site, action, value, *rows, role="agent"):
    fields = {"csrf_token": site.token(role), "action": action, "value": value, "rowid": list(rows)}
    return site.as_(role).post(f"{GRID}action/", data=fields, headers={"Accept": "application/json"})


def test_many_at_once_each_with_its_result(site, read):
    free, stale, closed = site.ticket(), site.ticket(), site.ticket()
    edit(site, "manager", pk=str(stale), field="status", value="pending", version=1)
    edit(site, "manager", pk=str(closed), field="status", value="closed", version=1)
    answer = bulk(
        site,
        "status",
        "on_hold",
        f"{free}:1",
        f"{stale}:1",
        f"{closed}:2",
        "999999999:1",
        "wrong",
        f"{free}:1",
    )
    assert answer.status_code == 200
    results = {result["pk"]: result["status"] for result in answer.json["results"]}
    assert results == {
        str(free): "done",
        str(stale): "conflict",
        str(closed): "failed",
        "999999999": "failed",
        "wrong": "failed",
    }
    assert (answer.json["done"], answer.json["conflict"], answer.json["failed"]) == (1, 1, 3)
    assert all(result["message"] for result in answer.json["results"] if result["status"] != "done")
    assert [read(n).status for n in (free, stale, closed)] == ["on_hold", "pending", "closed"]
    assert read(free).version == 2


def test_many_are_assigned_and_given_a_priority(site, read):
    numbers = [site.ticket() for _ in range(3)]
    rows = [f"{number}:1" for number in numbers]
    assert bulk(site, "assign", site.users["manager"], *rows).json["done"] == 3
    assert bulk(site, "priority", "urgent", *[str(number) for number in numbers]).json["done"] == 3
    for number in numbers:
        ticket = read(number)
        assert (ticket.assignee_id, ticket.priority, ticket.version) == (site.users["manager"], "urgent", 3)
        assert [kind for kind, _ in site.events(number)] == ["created", "assigned", "changed"]


@pytest.mark.parametrize(
    ("action", "value", "rows"),
    [
        ("status", "wrong", 1),
        ("status", "", 1),
        ("assign", "nobody", 1),
        ("delete", "", 1),
        ("", "", 1),
        ("__init__", "x", 1),
        ("status", "open", 0),
        ("status", "open", 201),
    ],
)
def test_a_bulk_change_that_cannot_be(site, read, action, value, rows):
    ticket_id = site.ticket()
    chosen = [f"{ticket_id}:1", *(f"{n}:1" for n in range(10**6, 10**6 + rows - 1))] if rows else []
    answer = bulk(site, action, value, *chosen)
    assert answer.status_code == (403 if action == "delete" else 400)
    assert read(ticket_id).version == 1


def test_without_a_script_a_bulk_change_leads_back_to_the_list(site, read):
    ticket_id = site.ticket()
    answer = site.post(
        "agent",
        f"{GRID}action/",
        action="priority",
        value="low",
        rowid=f"{ticket_id}:1",
        url=f"{GRID}?state=open",
    )
    assert answer.location == f"{GRID}?state=open"
    assert "1 ticket set to Low. " in site.read("agent", answer.location).text
    away = site.post(
        "agent",
        f"{GRID}action/",
        action="priority",
        value="low",
        rowid=f"{ticket_id}:2",
        url="https://evil.example/",
    )
    assert away.location == GRID
    assert read(ticket_id).priority == "low"


def test_the_grid_has_no_other_pages(site):
    ticket_id = site.ticket()
    assert site.as_("agent").get(f"{GRID}edit/?id={ticket_id}").location == f"{GRID}{ticket_id}"
    assert site.as_("agent").get(f"{GRID}new/").location == "/desk/new"
    for path in (f"details/?id={ticket_id}", "edit/?id=x", "edit/?id=999999999", "edit/"):
        assert site.as_("agent").get(GRID + path).status_code in (403, 404), path
    token = site.token("administrator")
    for page in ("edit", "new", "delete"):
        fields = {"csrf_token": token, "id": ticket_id, "subject": "Other way in"}
        answer = site.as_("administrator").post(f"{GRID}{page}/?id={ticket_id}", data=fields)
        assert answer.status_code in (403, 405), page
    assert len(site.events(ticket_id)) == 1


HOSTILE = [
    '=HYPERLINK("http://evil","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "=cmd|' /C calc'!A0",
    'a "quoted", comma',
    "plain",
]


def test_the_export_is_a_table_no_spreadsheet_runs(site, lot):
    numbers = {site.ticket(subject=subject) for subject in HOSTILE}
    answer = site.as_("manager").get(f"{GRID}export/csv/?created.from={TODAY}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert numbers | set(lot) <= {int(row["Number"]) for row in rows}
    assert len({row["Number"] for row in rows}) == len(rows)
    for row in rows:
        for value in row.values():
            assert not value.lstrip().startswith(("=", "+", "-", "@")), row
    subjects = {next(v for k, v in row.items() if k.startswith("Subject")) for row in rows}
    assert {'a "quoted", comma', "plain", "'+1+1", "'@SUM(A1)"} <= subjects


def test_the_export_has_what_the_list_has(site, lot):
    answer = site.as_("manager").get(f"{GRID}export/csv/?team=devices&priority=high")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {int(row["Number"]) for row in rows} == matching(lot, team_id={"devices"}, priority={"high"})
    assert {row["Team"] for row in rows} == {"Devices"}
    assert site.as_("manager").get(f"{GRID}export/csv/?status=wrong").status_code == 400
    assert site.as_("manager").get(f"{GRID}export/xlsx/").status_code == 404
    assert site.as_("agent").get(f"{GRID}export/csv/").status_code == 403
    assert not [link for link in site.read("agent", GRID).links if "export" in link]
    assert [link for link in site.read("manager", GRID).links if "export" in link]
