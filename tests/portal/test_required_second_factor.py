"""A role may demand a second factor: until it is on, nothing else opens, through whatever door."""

import re
from datetime import UTC, datetime

import pyotp
import pytest

from portal.web.guards import guard_of
from services.users.identity import SYSTEM, Permission, Scope, SignInPolicy
from tests.portal.conftest import PASSWORD, TOKEN, sign_in
from tests.portal.pages import Page

KEY = re.compile(r"<code>([A-Z2-7 ]+)</code>")
ENCRYPTED = re.compile(r'name="token" value="([^"]+)"')
SET_UP = "/account/second-factor"
LEAVING = ("auth.logout", "proof.again")  # open too, and they end the session


@pytest.fixture(scope="module")
def guarded(site):
    """A role that may nearly everything and demands a second factor."""
    site.services.users.roles.save(
        actor=SYSTEM, now=datetime.now(UTC), role_id="guarded", name="Guarded", expected_version=0,
        permissions=dict.fromkeys(Permission, Scope.ALL), security=SignInPolicy(second_factor=True),
    )  # fmt: skip
    return "guarded"


@pytest.fixture
def person(site, guarded):
    email = f"guarded{len(site.users)}@demo.example"
    user = site.services.users.accounts.create(
        actor=SYSTEM,
        now=datetime.now(UTC),
        name="Guarded Gus",
        email=email,
        role_id=guarded,
        password=PASSWORD,
    )
    site.users[email] = user.user_id
    return sign_in(site.app, email), email


def enrol(client):
    page = client.get(SET_UP).text
    totp = pyotp.TOTP(KEY.search(page)[1].replace(" ", ""))
    fields = {"token": ENCRYPTED.search(page)[1], "csrf_token": TOKEN.search(page)[1], "code": totp.now()}
    return client.post(SET_UP, data=fields)


def test_nothing_else_opens_until_it_is_on(site, person):
    client, _ = person
    page = Page(client.get(SET_UP).text)
    assert "Your role requires a second factor" in page.text
    token = TOKEN.search(client.get(SET_UP).text)[1]
    opened = set()
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint in LEAVING or guard_of(site.app, rule.endpoint) == "public":
            continue
        values = dict.fromkeys(rule.arguments, "1")
        path = site.app.url_map.bind("localhost").build(rule.endpoint, values, append_unknown=False)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            answer = client.open(path, method=method, data={"csrf_token": token} if method != "GET" else None)
            if rule.endpoint.startswith(
                "api."
            ):  # which looks at no cookie; tokens are tried in test_tokens.py
                assert answer.status_code == 401
            elif (answer.status_code, answer.location) != (302, SET_UP):
                opened.add(rule.endpoint)
    assert opened == {"account.enrol", "account.confirm", "proof.show", "proof.take"}


def test_scripts_are_told(site, person):
    client, _ = person
    token = TOKEN.search(client.get(SET_UP).text)[1]
    for path in ("/reports/_dash-update-component", "/admin/users/ajax/update/"):
        answer = client.post(path, json={}, headers={"X-CSRFToken": token, "Accept": "application/json"})
        assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
        assert answer.json["second_factor"] == SET_UP


def test_then_everything_opens_and_it_cannot_be_turned_off(site, person):
    client, email = person
    page = enrol(client)
    assert "not shown again" in page.text
    assert client.get("/admin/users/").status_code == 200
    own = client.get("/account/")
    assert "Your role requires it" in own.text
    client.post("/account/second-factor/off", data={"csrf_token": TOKEN.search(own.text)[1]})
    assert "Your role requires a second factor." in client.get("/account/").text
    assert site.services.users.second_factor.is_on(site.users[email])


def test_an_administrator_takes_a_lost_one_away_and_another_is_set_up(site, person):
    client, email = person
    enrol(client)
    user_id = site.users[email]
    page = site.read("administrator", f"/admin/sessions/?person={user_id}")
    form = page.form("/admin/sessions/second-factor-off/")
    assert site.as_("administrator").post(form.action, data=form.filled()).status_code == 302
    assert not site.services.users.second_factor.is_on(user_id)
    site.services.users.accounts.get(user_id, fresh=True)
    assert client.get("/admin/users/").location == SET_UP
    deputy = site.actor("manager")
    with pytest.raises(Exception, match="does not allow"):
        site.services.users.second_factor.turn_off(actor=deputy, user_id=user_id, now=datetime.now(UTC))


def test_a_built_in_role_keeps_what_it_permits_and_takes_demands(site):
    page = site.read("administrator", "/admin/roles/edit/?id=agent")
    form = page.form("/admin/roles/edit/?id=agent")
    assert set(form.fields) == {"csrf_token", "version", "second_factor", "idle_minutes", "absolute_minutes"}
    before = site.services.users.roles.read("agent")
    sent = form.filled(idle_minutes="30", absolute_minutes="480")
    assert site.as_("administrator").post(form.action, data=sent).status_code == 302
    after = site.services.users.roles.read("agent")
    assert after.security == SignInPolicy(idle_minutes=30, absolute_minutes=480)
    assert (after.permissions, after.version) == (before.permissions, before.version + 1)
    late = form.filled(idle_minutes="15")
    assert site.as_("administrator").post(form.action, data=late).status_code == 409, "it was read before"
    site.services.users.roles.ensure_built_in()
    assert site.services.users.roles.read("agent").security.idle_minutes == 30
    audit_log = site.read("administrator", "/admin/audit-log/").text
    assert "idle minutes: " in audit_log
    for wild in (
        {"idle_minutes": "1"},
        {"absolute_minutes": "x"},
        {"second_factor": "maybe"},
        {"version": "-"},
    ):
        fresh = site.read("administrator", form.action).form(form.action)
        assert site.as_("administrator").post(form.action, data=fresh.filled(**wild)).status_code == 400
    fresh = site.read("administrator", form.action).form(form.action)
    done = site.as_("administrator").post(
        form.action, data=fresh.filled(idle_minutes="720", absolute_minutes="20160")
    )
    assert done.status_code == 302


def test_a_role_of_ones_own_keeps_its_demands_beside_its_permissions(site):
    form = next(f for f in site.read("administrator", "/admin/roles/new/").forms if f.id == "role")
    sent = form.filled(name="Brief stay", idle_minutes="15", second_factor="yes")
    assert site.as_("administrator").post(form.action, data=sent).status_code == 302
    assert site.services.users.roles.read("brief-stay").security == SignInPolicy(
        second_factor=True, idle_minutes=15
    )
    path = "/admin/roles/edit/?id=brief-stay"
    form = next(f for f in site.read("administrator", path).forms if f.id == "role")
    assert form.one("idle_minutes") == "15"
    assert site.as_("administrator").post(path, data=form.filled(name="Brief")).status_code == 302
    assert site.services.users.roles.read("brief-stay").security == SignInPolicy(
        second_factor=True, idle_minutes=15
    )
