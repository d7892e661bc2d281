"""Administrators end sessions and look through others' eyes; attacks on both."""

import re
from datetime import UTC, datetime

import pytest

from models import session as session_table
from services.users.credentials.sessions import hash_token
from services.users.identity import SYSTEM
from tests.portal.conftest import PASSWORD, TOKEN, sign_in
from tests.portal.pages import Page
from tests.portal.test_csrf import PLAUSIBLE, address_of, posting_rules
from tests.writes import recorded

SESSIONS = "/admin/sessions/"


@pytest.fixture
def person(site):
    """An agent of their own for each test, signed in twice."""
    email = f"seen{len(site.users)}@demo.example"
    user = site.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name=f"Seen Sam {len(site.users)}", email=email, role_id="agent",
        password=PASSWORD,
    )  # fmt: skip
    site.users[email] = user.user_id
    return user, sign_in(site.app, email), sign_in(site.app, email)


@pytest.fixture
def viewer(site, person):
    """An administrator's browser that views as the person."""
    user, *_ = person
    client = sign_in(site.app, "administrator@demo.example")
    form = Page(client.get(f"{SESSIONS}view-as/?person={user.user_id}").text).form(SESSIONS)
    assert client.post(form.action, data=form.filled()).location == "/"
    return client


def ids(text):
    return re.findall(r'name="session" value="([0-9a-f]{64})"', text)


def post(client, path, page=SESSIONS, **fields):
    token = TOKEN.search(client.get(page).text)[1]
    return client.post(path, data={"csrf_token": token, **fields})


def test_a_person_is_found_by_name_or_address(site, person):
    user, *_ = person
    admin = site.as_("administrator")
    for text in (user.name, user.email, user.email.upper(), user.name.lower(), user.email.split("@")[0][1:]):
        answer = admin.get(SESSIONS, query_string={"q": text})
        assert answer.location == f"{SESSIONS}?person={user.user_id}", text
    for nobody in ("zzzz", "nobody@demo.example", "\x00", "x" * 5000, "%"):
        answer = admin.get(SESSIONS, query_string={"q": nobody})
        assert answer.status_code == 200
        assert "No user found" in answer.text
    assert admin.get(f"{SESSIONS}?person=nobody").status_code == 404
    assert f"{SESSIONS}?person={user.user_id}" in admin.get(f"/admin/users/edit/?id={user.user_id}").text


def test_one_session_ends_then_all(site, person):
    user, here, there = person
    admin, page = site.as_("administrator"), f"{SESSIONS}?person={user.user_id}"
    text = admin.get(page).text
    assert len(ids(text)) == 2
    chosen = hash_token(there.get_cookie("ledgerdesk_session").value)
    assert post(admin, f"{SESSIONS}end/", page, person=user.user_id, session=chosen).location == page
    assert (here.get("/desk/new").status_code, there.get("/desk/new").status_code) == (200, 302)
    assert ids(admin.get(page).text) == [i for i in ids(text) if i != chosen]
    post(admin, f"{SESSIONS}end/", page, person=user.user_id, session="all")
    assert here.get("/desk/new").status_code == 302
    assert "is not signed in anywhere" in admin.get(page).text
    audit_log = admin.get(f"/admin/audit-log/?what=user:{user.user_id}").text
    assert "ended a session" in audit_log
    assert "ended all sessions" in audit_log


@pytest.mark.parametrize("role", ["customer", "agent", "manager"])
def test_the_page_is_the_administrators(site, person, role):
    user, here, _ = person
    victim = hash_token(here.get_cookie("ledgerdesk_session").value)
    for path in (SESSIONS, f"{SESSIONS}?person={user.user_id}", f"{SESSIONS}view-as/?person={user.user_id}"):
        assert site.as_(role).get(path).status_code == 403
    for path, fields in (
        ("end/", {"session": victim}), ("end/", {"session": "all"}), ("view-as/", {}),
        ("second-factor-off/", {}),
    ):  # fmt: skip
        assert site.post(role, SESSIONS + path, person=user.user_id, **fields).status_code == 403
    assert here.get("/desk/new").status_code == 200


def test_a_session_of_another_is_not_ended_under_a_wrong_name(site, person):
    user, here, _ = person
    victim = hash_token(here.get_cookie("ledgerdesk_session").value)
    admin = site.as_("administrator")
    post(admin, f"{SESSIONS}end/", person=site.users["customer"], session=victim)
    for wild in ("", "x", "../" * 9, "0" * 64, "\ud800".encode("utf-8", "replace").decode()):
        assert post(admin, f"{SESSIONS}end/", person=user.user_id, session=wild).status_code == 302
    assert here.get("/desk/new").status_code == 200


def test_an_ended_token_stays_ended_and_one_set_before_signing_in_is_worth_nothing(site, person):
    user, here, _ = person
    token = here.get_cookie("ledgerdesk_session").value
    post(here, "/logout", "/account/")
    replay = site.app.test_client()
    replay.set_cookie("ledgerdesk_session", token)
    assert replay.get("/account/").status_code == 302
    fixed = site.app.test_client()
    fixed.set_cookie("ledgerdesk_session", "f" * 43)
    signed = TOKEN.search(fixed.get("/login").text)[1]
    fixed.post("/login", data={"csrf_token": signed, "email": user.email, "password": PASSWORD})
    assert fixed.get_cookie("ledgerdesk_session").value != "f" * 43
    assert session_table.find(hash_token("f" * 43)) is None


def test_the_other_persons_product_is_seen_under_a_bar(site, person, viewer):
    user, *_ = person
    for path in ("/desk/tickets/", "/account/", "/desk/tickets/999999", "/admin/users/"):
        text = viewer.get(path).text
        assert f"Viewing as <b>{user.name}</b>" in text, path
        assert "Stop viewing" in text
    assert viewer.get("/admin/users/").status_code == 403
    assert viewer.get("/desk/tickets/").status_code == 200
    form = Page(viewer.get("/account/").text).form("/account/viewing/stop")
    assert viewer.post(form.action, data=form.filled()).location == "/"
    after = viewer.get("/admin/users/")
    assert after.status_code == 200
    assert "Viewing as" not in after.text


def test_customers_and_dashboards_carry_the_bar_too(site):
    for role, path in (("customer", "/help/"), ("manager", "/reports/")):
        client = sign_in(site.app, "administrator@demo.example")
        post(client, f"{SESSIONS}view-as/", person=site.users[role])
        page = client.get(path)
        assert page.status_code == 200
        assert f"Viewing as <b>{role.title()} Demo</b>" in page.text
        token = TOKEN.search(page.text)[1]
        if role == "manager":
            call = client.post(
                "/reports/_dash-update-component", json={"wrong": 1}, headers={"X-CSRFToken": token}
            )
            assert call.status_code == 400, "a question is let through and judged by its shape"


def test_no_secret_of_the_other_person_is_shown(site, viewer):
    for path in ("/account/second-factor", "/account/prove"):
        answer = viewer.get(path)
        assert answer.status_code == 403
        assert "key-text" not in answer.text


def test_nothing_can_be_written_while_viewing(site, viewer):
    ticket_id = site.ticket()
    token = TOKEN.search(viewer.get("/account/").text)[1]
    fields = {**PLAUSIBLE, "rowid": str(ticket_id), "id": str(ticket_id), "csrf_token": token}
    edit = {"pk": str(ticket_id), "field": "status", "value": "solved", "version": 1}
    header = {"X-CSRFToken": token, "Accept": "application/json"}
    unsafe = [
        (rule, method)
        for rule in site.app.url_map.iter_rules()
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
        if rule.endpoint not in ("account.stop_viewing", "auth.logout", "/reports/_dash-update-component")
        and not rule.endpoint.startswith("api.")  # which looks at no cookie, and so at nobody's session
    ]
    assert len(unsafe) > len(posting_rules(site)) - 4
    with recorded() as writes:
        for rule, method in unsafe:
            path = address_of(site, rule, ticket_id)
            answer = viewer.open(path, method=method, data=fields)
            assert answer.status_code == 403, f"{method} {rule.rule}: {answer.status_code}"
            answer = viewer.open(path, method=method, json=edit, headers=header)
            assert (answer.status_code, answer.content_type) == (403, "application/problem+json"), rule.rule
            assert "cannot change anything" in answer.json["detail"]
    assert writes == []


def test_viewing_is_not_begun_twice_or_by_a_forged_form(site, person, viewer):
    user, *_ = person
    token = TOKEN.search(viewer.get("/account/").text)[1]
    fields = {"csrf_token": token, "person": site.users["customer"]}
    assert viewer.post(f"{SESSIONS}view-as/", data=fields).status_code == 403
    admin = site.as_("administrator")
    assert admin.post(f"{SESSIONS}view-as/", data={"person": user.user_id}).status_code == 400
    assert admin.post("/account/viewing/stop", data={}).status_code == 400
    assert admin.get(f"{SESSIONS}view-as/?person=nobody").status_code == 404
