"""Erasing a person from the page to the last byte: nothing names them any more, every figure is as it was."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from models import user as user_table
from models.api_token import ApiToken
from models.report import Report
from models.setting import Setting
from models.times import to_text
from portal.web import logs
from services.privacy import ERASED, ERASED_NAME, ErasureService
from services.reporting import Filters
from services.tickets import ImportedEvent, ImportedTicket
from services.users.credentials import Origin
from services.users.identity import SYSTEM
from tests.portal.conftest import PASSWORD, TOKEN, Site, sign_in
from tests.portal.pages import Page
from tests.services.privacy.scan import found

BROWSER = "Mozilla/5.0 (X11; Linux) Gecko Velodrome/{token}"
MONTH = Filters((datetime.now(UTC) - timedelta(days=29)).date(), datetime.now(UTC).date())


@dataclass
class Somebody:
    """A customer who has left traces everywhere; `words` are what must not be found afterwards."""

    token: str
    user_id: str
    name: str
    email: str
    client: FlaskClient
    words: list[str]
    tickets: list[int] = field(default_factory=list)
    mentioned_in: int = 0


def somebody(site: Site, token: str) -> Somebody:
    """Bring a customer, who changed name and address once, and let them use the product."""
    former, name = f"Zoë {token.title()} Maiden", f"Zoë {token.title()}"
    before, email = f"{token}.maiden@old.example", f"{token}@new.example"
    now, people = datetime.now(UTC), site.services.users.accounts
    user = people.create(
        actor=SYSTEM, now=now, name=former, email=before, role_id="customer", password=PASSWORD
    )
    people.update(
        actor=SYSTEM, now=now, user_id=user.user_id, expected_version=user.version, name=name, email=email,
        role_id="customer", active=True, team_ids=(),
    )  # fmt: skip
    new_email = f"{token}@wanted.example"
    links = {"verify": ["nonce", to_text(now + timedelta(days=1)), new_email]}
    user_table.update(user.user_id, identities=[f"sso|subject-{token}"], links=links, theme="dark")
    address = f"203.0.113.{len(token)}"
    client = browser(site, email, token, address)
    words = [
        name, former, f"zoe {token}", email, before, f"velodrome/{token}", f"subject-{token}",
        new_email, f"secret-{token}", f"matter-{token}", f"device-{token}", address,
    ]  # fmt: skip
    return Somebody(token, user.user_id, name, email, client, words)


def browser(site: Site, email: str, token: str, address: str) -> FlaskClient:
    """Sign in with a browser and from an address that stand in the session."""
    client = sign_in(site.app, email)
    client.environ_base |= {"HTTP_USER_AGENT": BROWSER.format(token=token), "REMOTE_ADDR": address}
    form = TOKEN.search(client.get("/help/new").text)[1]
    client.post("/logout", data={"csrf_token": form})
    form = TOKEN.search(client.get("/login").text)[1]
    for password in ("wrong", PASSWORD):
        client.post("/login", data={"csrf_token": form, "email": email, "password": password})
    return client


def post(who: Somebody, path: str, **fields: str) -> Any:
    """Send a form as the person."""
    token = TOKEN.search(who.client.get("/help/new").text)[1]
    return who.client.post(path, data={"csrf_token": token, **fields})


def leave_data(site: Site, who: Somebody) -> None:
    """Let them ask for help, be answered, be talked about, and be written down wherever that happens."""
    opened = post(
        who, "/help/new", subject=f"My matter-{who.token}", body=f"secret-{who.token} of {who.email}"
    )
    ticket_id = int(opened.location.rsplit("/", 1)[1])
    post(who, f"/help/tickets/{ticket_id}/reply", body=f"More: secret-{who.token}")
    agent, tickets, now = site.actor("agent"), site.services.tickets.service, datetime.now(UTC)

    def change(number: int, body: str | None = None, *, public: bool = True, **changes: str) -> None:
        seen = tickets.get(actor=agent, ticket_id=number).version
        tickets.update(
            actor=agent,
            now=now,
            ticket_id=number,
            expected_version=seen,
            changes=changes,
            body=body,
            public=public,
        )

    change(ticket_id, f"Dear {who.name},\nwe wrote to {who.email.upper()}.", status="pending")
    change(ticket_id, subject=f"{who.name}: printer")
    change(ticket_id, f"Call {who.name}", public=False, assignee_id=agent.user_id)
    for_them = tickets.create(
        actor=agent, now=now, requester_id=who.user_id, subject=f"On the phone with {who.name}",
        body="The screen is black.",
    )  # fmt: skip
    other = site.ticket("stranger", subject=f"Like {who.name}", body=f"As {who.email} wrote, it is broken.")
    change(other, f"{who.name} knows more", public=False)
    upsert_ticket(site, who)
    who.tickets, who.mentioned_in = [ticket_id, for_them.ticket_id], other
    post(who, "/account/password", current=PASSWORD, password="another tractor under snowfall")
    for _ in range(2):
        site.services.users.own_account.ask_for_reset(email=who.email, origin=Origin(), now=now)
        while site.services.outbox.deliver_due(now=datetime.now(UTC)):
            pass
    site.services.users.own_account.ask_for_reset(email=who.email, origin=Origin(), now=now)
    write_down(site, who)


def upsert_ticket(site: Site, who: Somebody) -> None:
    """Import a ticket with a field of another system's, and a subject that goes away and comes back."""
    at = datetime.now(UTC) - timedelta(days=3)
    subject = f"Imported matter-{who.token}"
    first = {"subject": subject, "status": "new", "priority": "low", "requester_id": who.user_id}
    secret = f"secret-{who.token}"
    values = [
        (who.user_id, "customer", "created", first | {"custom.contact": f"Reach {who.email}"}, secret),
        ("desk-1", "agent", "changed", {"subject": "Sorted"}, None),
        ("desk-1", "agent", "changed", {"subject": subject, "status": "open"}, None),
        (who.user_id, "customer", "replied", {}, secret),
        ("desk-1", "agent", "changed", {"status": "solved"}, None),
    ]
    events = [
        ImportedEvent(at + timedelta(hours=n), who_id, kind, what, changes, body is not None, body)
        for n, (who_id, kind, what, changes, body) in enumerate(values)
    ]
    people = {"desk-1": ("Desk One", "agent"), who.user_id: (who.name, "customer")}
    site.services.tickets.importer.run(
        source="test", tickets=[ImportedTicket(f"ref-{who.token}", events, people)],
        clock=lambda: datetime.now(UTC), reject=lambda *_: None,
    )  # fmt: skip


def write_down(site: Site, who: Somebody) -> None:
    """Leave them in records of kinds that nothing writes yet, or that other parts write."""
    now = datetime.now(UTC)
    ApiToken(
        token_hash=f"t-{who.token}", user_id=who.user_id, name=f"device-{who.token}", created_at=now
    ).save()
    Report(
        report_id=f"r-{who.token}", owner_id=site.users["manager"], name=f"About {who.name}", updated_at=now
    ).save()
    Setting(
        kind="macro", id=f"m-{who.token}", value={"steps": [{"say": f'"{who.name}" <{who.email}>'}]}
    ).save()
    rejects = site.app.extensions["settings"].data_dir / "rejects"
    rejects.mkdir(exist_ok=True)
    (rejects / f"{who.user_id}.csv").write_text(f"line,reason\n7,Left out: {who.name} stands twice\n")


def figures(site: Site, now: datetime) -> str:
    """Write down every figure of the reports, after following the ledger to its end."""
    site.services.reporting.analytics.follow(now=now)
    manager, services = site.actor("manager"), site.services
    overview = asdict(
        services.reporting.dashboards.overview(filters=MONTH, now=now, actor=manager, as_of=now)
    )
    summary = services.reporting.reports.summary()
    del overview["data_age"], overview["as_of"], summary["as_of"]
    return json.dumps([overview, summary], default=str, sort_keys=True)


def mentions(site: Site, who: Somebody, tables: Any, printed: str = "") -> list[str]:
    """List where anything of theirs is found."""
    site.services.reporting.analytics.close()
    folder = site.app.extensions["settings"].data_dir
    return found(who.words, prefix=tables.prefix, folders=[folder], logs=printed)


def finish(erasures: ErasureService, now: datetime) -> None:
    """Work as the worker does until nothing is left to do, the minute between the rounds included."""
    while erasures.advance(now=now):
        pass
    while erasures.advance(now=now + timedelta(minutes=2)):
        pass


def ask(site: Site, who: Somebody) -> Any:
    """Confirm the erasure on the page."""
    path = f"/admin/users/{who.user_id}/privacy/"
    form = site.read("administrator", path).form(f"{path}erase")
    return site.as_("administrator").post(form.action, data=form.filled(confirmed=who.name))


@pytest.fixture
def printed() -> Iterator[StringIO]:
    """Catch the log from here on."""
    written = StringIO()
    with redirect_stdout(written):
        logs.init_logs()
        yield written
    logs.init_logs()


def test_nothing_is_left_of_a_person_and_all_figures_stay(site, tables, printed):
    who = somebody(site, "quillfeather")
    leave_data(site, who)
    later = datetime.now(UTC) + timedelta(seconds=5)
    before = figures(site, later)
    assert not site.services.tickets.audit.verify().violations
    places = {place.split(":")[0].split("/")[0] for place in mentions(site, who, tables)}
    holding = {
        "users",
        "user_emails",
        "sessions",
        "api_tokens",
        "tickets",
        "ticket_history",
        "audit",
        "outbox",
    }
    assert holding | {"settings", "reports", f"{who.user_id}.csv"} <= places, "the scan does not look there"
    assert any(place.endswith(".eml read") or place.endswith(".eml") for place in places)

    page = site.read("administrator", f"/admin/users/{who.user_id}/privacy/").text
    assert "Erase this person? 3 tickets stay, without the name." in page
    assert ask(site, who).status_code == 302
    assert who.client.get("/help/").status_code == 302, "they are still signed in"
    finish(site.services.privacy.erasures, later)

    assert '"event": "delivered"' in printed.getvalue()
    assert mentions(site, who, tables, printed.getvalue()) == []
    assert not site.services.tickets.audit.verify().violations
    assert figures(site, later) == before
    site.services.reporting.analytics.rebuild(now=later)
    assert figures(site, later) == before
    page = site.read("administrator", f"/admin/users/{who.user_id}/privacy/").text
    assert "This person has been erased" in page
    assert f"Privacy of {ERASED_NAME}" in page


def test_what_others_wrote_stays_but_for_the_name(site, tables):
    who = somebody(site, "brambleford")
    leave_data(site, who)
    ask(site, who)
    finish(site.services.privacy.erasures, datetime.now(UTC))
    first, second = who.tickets
    assert site.events(first) == [
        ("created", ERASED),
        ("replied", ERASED),
        ("replied", f"Dear {ERASED},\nwe wrote to {ERASED}."),
        ("changed", None),
        ("noted", f"Call {ERASED}"),
    ]
    assert [event.changes["subject"] for event in site.history(first) if "subject" in event.changes] == [
        [None, ERASED],
        [ERASED, f"{ERASED}: printer"],
    ]
    assert site.events(second) == [("created", "The screen is black.")]
    assert site.history(second)[0].changes["subject"] == [None, f"On the phone with {ERASED}"]
    assert site.events(who.mentioned_in)[0] == ("created", f"As {ERASED} wrote, it is broken.")
    audit_log = site.read("administrator", f"/admin/audit-log/?what=user:{who.user_id}").text
    for words in ("erased a person", "requested the erasure of a person", f"name: {ERASED}"):
        assert words in audit_log


def test_the_page_asks_about_every_place_that_may_name_them(site):
    user = site.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name="William Ashgrove", email="ashgrove@x.example",
        role_id="customer", password=PASSWORD,
    )  # fmt: skip
    agent, tickets = site.actor("agent"), site.services.tickets.service
    ticket = tickets.create(
        actor=agent, now=datetime.now(UTC), requester_id=user.user_id, subject="Toner for Ashgrove, William",
        body="Hi Bill, will the bill come?",
    )  # fmt: skip
    path = f"/admin/users/{user.user_id}/privacy/"
    page = site.read("administrator", path)
    assert "Does this mean William Ashgrove?" in page.text
    boxes = {each["value"]: "checked" in each for tag, each in page.tags if each.get("name") == "place"}
    subject, message = sorted(boxes, key=lambda key: "body" in key)
    assert boxes == {subject: True, message: False}, (
        "a name in another order is proposed, a word alone is not"
    )
    assert "<mark>Bill</mark>" in site.as_("administrator").get(path).text
    form = page.form(f"{path}erase")

    def send(name, place):
        return site.as_("administrator").post(form.action, data=form.filled(confirmed=name, place=place))

    refused = send("Somebody Else", message)
    assert refused.status_code == 400
    assert Page(refused.text).form(f"{path}erase").fields["place"] == [message], "the choice stays"
    assert send("William Ashgrove", "1.1.body.0.x").status_code == 400
    assert send("William Ashgrove", subject).status_code == 302
    finish(site.services.privacy.erasures, datetime.now(UTC))
    assert site.events(ticket.ticket_id) == [("created", "Hi Bill, will the bill come?")]
    assert tickets.get(actor=agent, ticket_id=ticket.ticket_id).subject == f"Toner for {ERASED}"


def test_a_table_left_out_is_found(site, tables):
    who = somebody(site, "thistlewood")
    leave_data(site, who)
    (others,) = [step for step in site.services.privacy.erasures._steps if step.name == "tables"]
    whole = others.tables
    others.tables = [table for table in whole if table is not Report]
    try:
        ask(site, who)
        finish(site.services.privacy.erasures, datetime.now(UTC))
    finally:
        others.tables = whole
    assert {place.split(":")[0] for place in mentions(site, who, tables)} == {"reports", "reports/by_owner"}


def test_a_log_line_quotes_no_address(printed):
    try:
        raise ValueError("mailbox of ana.lima+desk@x.example is full")
    except ValueError as error:
        structlog.get_logger().error("delivery_failed", exc_info=error, to="<ana@x.example>")
    assert "is full" in printed.getvalue()
    assert "x.example" not in printed.getvalue()


def test_everybody_downloads_what_is_held_about_them(site):
    answer = site.post("customer", "/account/export")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "no-store"
    data = json.loads(zipfile.ZipFile(BytesIO(answer.data)).read("data.json"))
    assert (data["person"], data["account"][0]["email"]) == (site.users["customer"], "customer@demo.example")


def test_the_page_is_for_those_who_may(site):
    path = f"/admin/users/{site.users['customer']}/privacy/"
    for role in ("customer", "agent", "manager"):
        assert site.as_(role).get(path).status_code == 403
        for action in ("export", "erase"):
            assert site.post(role, f"{path}{action}", confirmed="Customer Demo").status_code == 403
    assert site.post("administrator", f"{path}export").mimetype == "application/zip"
    edit = site.as_("administrator").get(f"/admin/users/edit/?id={site.users['customer']}").text
    assert path in Page(edit).links
    refused = site.post("administrator", f"{path}erase", confirmed="Somebody Else")
    assert refused.status_code == 400
    assert "This does not match the person" in Page(refused.text).text
    for missing in ("/admin/users/nobody/privacy/", f"/admin/users/{'x' * 2000}/privacy/"):
        assert site.as_("administrator").get(missing).status_code == 404
