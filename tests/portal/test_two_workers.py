"""Two web workers on the same tables: what one ends, the other refuses after five seconds at most.

Whoever changed something sees it at once at both.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

import services.bootstrap.common
from portal.app import create_app
from portal.config.settings import Settings
from services.bootstrap import build_services
from services.bootstrap.common import FRESH
from services.users.identity import SYSTEM, Permission, Scope
from tests.portal.conftest import PASSWORD, sign_in
from tests.portal.pages import Page
from tests.services.harness import options


@dataclass
class Clock:
    """A monotonic clock that a test moves."""

    seconds: float = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def workers(tables, clock, tmp_path_factory):
    """Build the application twice, as two processes have it: the tables in common, the caches not."""
    folder = tmp_path_factory.mktemp("workers")
    started = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services.bootstrap.common, "time", SimpleNamespace(monotonic=clock))
        for _ in range(2):
            built = build_services(options(tables, folder))
            built.users.roles.ensure_built_in()
            started.append(create_app(Settings(secret_key="s" * 48, data_dir=folder), built))
    return started


def services_of(worker):
    return worker.extensions["services"]


def upsert(worker, name, role_id="agent"):
    return services_of(worker).users.accounts.create(
        actor=SYSTEM,
        now=datetime.now(UTC),
        name=name,
        email=f"{name.lower()}@demo.example",
        role_id=role_id,
        password=PASSWORD,
    )


def change(worker, user, **changes):
    now = services_of(worker).users.accounts.read(actor=SYSTEM, user_id=user.user_id)
    fields = {
        "name": now.name,
        "email": now.email,
        "role_id": now.role_id,
        "active": now.active,
        "team_ids": (),
    }
    return services_of(worker).users.accounts.update(
        now=datetime.now(UTC),
        actor=SYSTEM,
        user_id=user.user_id,
        expected_version=now.version,
        **{**fields, **changes},
    )


def at_the_other(browser, worker):
    """Carry a browser's cookies over to another worker."""
    client = worker.test_client()
    for name in ("ledgerdesk_session", "ledgerdesk_changed"):
        if (cookie := browser.get_cookie(name)) is not None:
            client.set_cookie(name, cookie.value)
    return client


def test_the_time_is_five_seconds():
    assert FRESH <= 5


def test_who_signs_in_at_one_is_known_to_the_other(workers):
    upsert(workers[0], "Known")
    browser = sign_in(workers[0], "known@demo.example")
    assert at_the_other(browser, workers[1]).get("/desk/new").status_code == 200


def test_signing_out_at_one_holds_at_the_other_at_once(workers):
    upsert(workers[0], "Leaver")
    browser = sign_in(workers[0], "leaver@demo.example")
    other = at_the_other(browser, workers[1])
    assert other.get("/desk/new").status_code == 200
    services_of(workers[0]).users.sessions.revoke(token=browser.get_cookie("ledgerdesk_session").value)
    assert other.get("/desk/new").status_code == 302


def test_a_suspension_at_one_holds_at_the_other_at_once_and_for_good(workers, clock):
    user = upsert(workers[0], "Suspended")
    browser = sign_in(workers[0], "suspended@demo.example")
    other = at_the_other(browser, workers[1])
    assert other.get("/desk/new").status_code == 200  # the other remembers the person as active now
    change(workers[0], user, active=False)
    assert other.get("/desk/new").status_code == 302
    clock.seconds += FRESH + 0.01
    assert other.get("/desk/new").status_code == 302


def test_a_session_that_escaped_the_revocation_ends_with_the_memory(workers, clock):
    """An index may be a moment late, so that a fresh session is not among those ended."""
    user = upsert(workers[0], "Escaped")
    change(workers[0], user, active=False)
    services_of(workers[1]).users.accounts._cache.put(user.user_id, user)  # what the other read just before
    token = services_of(workers[1]).users.sessions.start(user_id=user.user_id, now=datetime.now(UTC))
    other = workers[1].test_client()
    other.set_cookie("ledgerdesk_session", token)
    assert other.get("/desk/new").status_code == 200
    clock.seconds += FRESH + 0.01
    assert other.get("/desk/new").status_code == 302


def test_what_a_role_loses_at_one_it_loses_at_the_other(workers, clock):
    reports = {
        Permission.REPORT_VIEW: Scope.ALL,
        Permission.TICKET_VIEW: Scope.ALL,
        Permission.TICKET_NOTE: Scope.ALL,
    }
    services_of(workers[0]).users.roles.save(
        now=datetime.now(UTC),
        actor=SYSTEM,
        role_id="viewer",
        name="Viewer",
        permissions=reports,
        expected_version=0,
    )
    upsert(workers[0], "Viewer", role_id="viewer")
    browser = sign_in(workers[0], "viewer@demo.example")
    other = at_the_other(browser, workers[1])
    assert other.get("/desk/new").status_code == 200
    services_of(workers[0]).users.roles.save(
        now=datetime.now(UTC),
        actor=SYSTEM,
        role_id="viewer",
        name="Viewer",
        permissions={},
        expected_version=1,
    )
    assert browser.get("/desk/new").status_code == 403
    clock.seconds += FRESH + 0.01
    assert other.get("/desk/new").status_code == 403


def test_a_team_made_at_one_is_offered_at_the_other(workers, clock):
    upsert(workers[0], "Opener")
    browser = sign_in(workers[0], "opener@demo.example")
    other = at_the_other(browser, workers[1])
    assert "Fresh team" not in other.get("/desk/new").text
    services_of(workers[0]).catalog.save(
        now=datetime.now(UTC),
        actor=SYSTEM,
        kind="team",
        id_=None,
        name="Fresh team",
        active=True,
        expected_version=0,
    )
    assert "Fresh team" in browser.get("/desk/new").text
    clock.seconds += FRESH + 0.01
    assert "Fresh team" in other.get("/desk/new").text


def send(browser, page, **changes):
    """Fill in the form of a page that has these fields, and send it."""
    forms = [form for form in Page(browser.get(page).text).forms if changes.keys() <= form.fields.keys()]
    answer = browser.post(forms[0].action or page, data=forms[0].filled(**changes))
    assert answer.status_code == 302, Page(answer.text).text


def test_whoever_chose_something_at_one_has_it_at_the_other_at_once(workers):
    upsert(workers[0], "Chooser")
    browser = sign_in(workers[0], "chooser@demo.example")
    stale = at_the_other(browser, workers[1])

    def chosen(client):
        return re.search(r'value="(\w+)"\s+checked', client.get("/account/").text)[1]

    assert chosen(stale) == "stay"
    send(browser, "/account/", after_sending="next")
    assert chosen(stale) == "stay"  # it does not know of the change
    assert chosen(at_the_other(browser, workers[1])) == "next"


def test_whoever_made_a_team_or_a_person_at_one_finds_them_at_the_other_at_once(workers):
    upsert(workers[0], "Maker", role_id="administrator")
    browser = sign_in(workers[0], "maker@demo.example")
    stale = at_the_other(browser, workers[1])
    assert "Own team" not in stale.get("/desk/new").text
    assert "Own Person" not in stale.get("/admin/users/?search=own").text
    send(browser, "/admin/teams/new/", name="Own team")
    person = {"name": "Own Person", "email": "own@demo.example", "role_id": "agent"}
    send(browser, "/admin/users/new/", **person)
    other = at_the_other(browser, workers[1])
    assert "Own team" in other.get("/desk/new").text
    assert "Own Person" in other.get("/admin/users/?search=own").text


@pytest.mark.parametrize(
    "moment", ["", "x", "1e9", "nan", "-5.5", "9" * 400, "1.5.5", "\N{ARABIC-INDIC DIGIT ONE}.1"]
)
def test_a_moment_that_is_none_changes_nothing(workers, moment):
    client = workers[0].test_client()
    client.set_cookie("ledgerdesk_changed", moment)
    assert client.get("/login").status_code == 200
