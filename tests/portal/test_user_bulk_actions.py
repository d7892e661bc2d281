"""Many people at once, and what becomes of work whose author loses the right to it."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from models import audit
from models.user import User as UserItem
from portal.admin.user_bulk_actions import OWN
from services.tickets import TicketService
from services.users.accounts import UserService
from services.users.identity import SYSTEM
from tests.patience import PATIENCE
from tests.portal.conftest import PASSWORD, Site, sign_in
from tests.portal.pages import Page
from tests.services.harness import START

PEOPLE = "/admin/users/"
JSON = {"Accept": "application/json"}
ROWS = 100
STOPPED = "Your role changed while this ran. 40 of 100 done, the rest was not changed."


def people(site: Site, name: str, count: int, role: str = "customer") -> list[str]:
    """Write people who have a password, without hashing one for each."""
    for number in range(count):
        UserItem(
            user_id=f"{name}-{number}", name=f"{name} {number}", sort_name=f"{name} {number}", role_id=role,
            email=f"{number}@{name}.example", password_hash="x", created_at=START,
        ).save()  # fmt: skip
    return [f"{name}-{number}" for number in range(count)]


@dataclass
class Browser:
    """A client with the token its forms carry."""

    client: FlaskClient
    token: str

    def act(self, grid: str, action: str, ids, value: str = "", *, page: bool = False):
        """Apply a bulk action as a script does, or as a page's form."""
        data = {"csrf_token": self.token, "action": action, "value": value, "rowid": list(ids)}
        return self.client.post(f"{grid}action/", data=data, headers={} if page else JSON)


def as_(site: Site, role: str) -> Browser:
    return Browser(site.as_(role), site.token(role))


def user_act(site: Site, action: str, ids, value: str = "", role: str = "administrator"):
    return as_(site, role).act(PEOPLE, action, ids, value)


def person(site: Site, user_id: str):
    return site.services.users.accounts.read(actor=SYSTEM, user_id=user_id)


def change(site: Site, user_id: str, **changes: object):
    user = person(site, user_id)
    fields = {name: getattr(user, name) for name in ("name", "role_id", "active", "team_ids")}
    return site.services.users.accounts.update(
        actor=SYSTEM, now=datetime.now(UTC), user_id=user_id, expected_version=user.version, email=user.email or "",
        **{**fields, **changes},
    )  # fmt: skip


def test_people_are_changed_together(site):
    ids = people(site, "together", 3)
    token = site.services.users.sessions.start(user_id=ids[0], now=START)
    steps = (
        ("suspend", "", "active", False),
        ("admit", "", "active", True),
        ("role", "agent", "role_id", "agent"),
        ("team", "billing", "team_ids", ("billing",)),
        ("join", "devices", "team_ids", ("billing", "devices")),
        ("join", "devices", "team_ids", ("billing", "devices")),
        ("team", "", "team_ids", ()),
    )
    for action, value, field, expected in steps:
        answer = user_act(site, action, ids, value).json
        assert (answer["done"], answer["failed"]) == (3, 0), answer
        assert {getattr(person(site, user_id), field) for user_id in ids} == {expected}
    assert site.services.users.sessions.resolve(token=token, now=START) is None
    recorded = [entry.changes for entry in audit.of_subject(f"user:{ids[0]}")]
    assert len(recorded) == len(steps) - 1, "what is so already is not written"
    assert recorded[0] == {"active": [True, False]}


def test_each_row_goes_by_the_rules_for_one(site):
    own, (other,) = site.users["administrator"], people(site, "rules", 1)
    answer = user_act(site, "suspend", [own, other, "nobody", f"{other}:99"]).json
    assert [row["status"] for row in answer["results"]] == ["failed", "done", "failed", "done"]
    assert answer["results"][0]["message"] == OWN
    page = as_(site, "administrator").act(PEOPLE, "team", [own], "billing", page=True)
    text = Page(site.as_("administrator").get(page.location).text).text
    assert f"Administrator Demo: {OWN}" in text
    for role in ("manager", "agent"):
        assert user_act(site, "suspend", [other], role=role).status_code in {400, 403}
    assert user_act(site, "role", [other], "nonsense").status_code == 400


def test_a_stale_row_is_left_alone(site):
    (one,) = people(site, "stale", 1)
    change(site, one, name="Newer")
    answer = user_act(site, "suspend", [f"{one}:1"]).json
    assert answer["conflict"] == 1
    assert person(site, one).active


def demoted_at(monkeypatch, site: Site, service: type, user_id: str, moment: int) -> list[int]:
    """Let another thread demote somebody just when the service has made so many of their changes."""
    update, updated = service.update, []

    def counted(self, *, actor, **changes):
        user = update(self, actor=actor, **changes)
        if actor.user_id == user_id:
            updated.append(1)
            if len(updated) == moment:
                other = threading.Thread(target=change, args=(site, user_id), kwargs={"role_id": "customer"})
                other.start()
                other.join(PATIENCE)
        return user

    monkeypatch.setattr(service, "update", counted)
    return updated


def newcomer(site: Site, name: str, role: str) -> tuple[str, Browser]:
    email = f"{name}@late.example"
    user = site.services.users.accounts.create(
        actor=SYSTEM, now=START, name=name, email=email, role_id=role, password=PASSWORD
    )
    client = sign_in(site.app, email)
    forms = Page(client.get("/desk/new").text).forms
    token = next(form for form in forms if "csrf_token" in form.fields).one("csrf_token")
    return user.user_id, Browser(client, token)


def test_demotion_stops_a_bulk_change_of_tickets(site, monkeypatch):
    user_id, browser = newcomer(site, "late-agent", "agent")
    tickets = [site.ticket("agent", f"Bulk {number}") for number in range(ROWS)]
    demoted_at(monkeypatch, site, TicketService, user_id, 40)
    answer = browser.act("/desk/tickets/", "priority", [f"{each}:1" for each in tickets], "high")
    assert (answer.status_code, answer.json["message"]) == (403, STOPPED)
    assert [row["status"] for row in answer.json["results"]] == ["done"] * 40 + ["failed"] * 60
    histories = [[kind for kind, _ in site.events(each)] for each in tickets]
    assert histories == [["created", "changed"]] * 40 + [["created"]] * 60
    assert not site.services.tickets.audit.verify().shown


def test_demotion_stops_a_bulk_change_of_people(site, monkeypatch):
    """The page's form, whose answer must not wait behind the sign-in page."""
    user_id, browser = newcomer(site, "late-administrator", "administrator")
    ids = people(site, "many", ROWS)
    demoted_at(monkeypatch, site, UserService, user_id, 40)
    answer = browser.act(PEOPLE, "suspend", ids, page=True)
    assert answer.status_code == 403
    assert STOPPED in Page(answer.text).text
    assert [person(site, each).active for each in ids] == [False] * 40 + [True] * 60
    assert [each for each in ids if list(audit.of_subject(f"user:{each}"))] == ids[:40]


@pytest.mark.parametrize(
    ("how", "message"),
    [("suspended", "You were suspended"), ("signed out", "You were signed out"),
     ("role edited", "Your role changed")],
    ids=["suspended", "signed out", "role edited"],
)  # fmt: skip
def test_whatever_ends_the_right_stops_the_work(site, monkeypatch, how, message):
    users, roles, sessions = (
        site.services.users.accounts,
        site.services.users.roles,
        site.services.users.sessions,
    )
    role_id = f"editor-{how.replace(' ', '-')}"
    permissions = dict(roles.read("administrator").permissions)
    roles.save(
        actor=SYSTEM, now=START, role_id=role_id, name=how, permissions=permissions, expected_version=0
    )
    user_id, browser = newcomer(site, role_id, role_id)
    ids = people(site, role_id, 3)
    update = UserService.update

    def and_then(self, *, actor, **changes):
        user = update(self, actor=actor, **changes)
        if actor.user_id == user_id:
            if how == "suspended":
                change(site, user_id, active=False)
            elif how == "signed out":
                sessions.revoke_all(user_id=user_id)
            else:
                roles.save(
                    actor=SYSTEM, now=START, role_id=role_id, name=how, permissions={}, expected_version=1
                )
        return user

    monkeypatch.setattr(UserService, "update", and_then)
    answer = browser.act(PEOPLE, "suspend", ids)
    assert answer.json["message"] == f"{message} while this ran. 1 of 3 done, the rest was not changed."
    assert [users.read(actor=SYSTEM, user_id=each).active for each in ids] == [False, True, True]
