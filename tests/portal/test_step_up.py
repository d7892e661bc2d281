"""Dangerous acts ask for a fresh proof: on pages, in forms, in scripts; and nothing gets around it."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from models import audit as audit_table
from models import session as session_table
from models import user as user_table
from portal.web.guards import StepUpNeeded, require_step_up
from services.users.credentials.sessions import hash_token
from services.users.identity import STEP_UP_LASTS, SYSTEM
from tests.portal.conftest import PASSWORD, TOKEN, sign_in
from tests.portal.pages import Page

OFF = "/account/second-factor/off"


def age(site, client, by=STEP_UP_LASTS):
    """Let the last proof of a browser be so long ago."""
    id_ = hash_token(client.get_cookie("ledgerdesk_session").value)
    assert session_table.update(id_, stepped_up_at=datetime.now(UTC) - by)
    return id_


@pytest.fixture
def person(site):
    """An administrator of their own for each test, whose proof is old."""
    email = f"prover{len(site.users)}@demo.example"
    user = site.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name="Prover", email=email, role_id="administrator",
        password=PASSWORD,
    )  # fmt: skip
    site.users[email] = user.user_id
    client = sign_in(site.app, email)
    age(site, client)
    return client, user.user_id


def victim(site, name):
    return site.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name=name, email=f"{name.lower()}@demo.example",
        role_id="agent", password=PASSWORD,
    )  # fmt: skip


def post(client, path, page="/account/", **fields):
    token = TOKEN.search(client.get(page).text)[1]
    return client.post(path, data={"csrf_token": token, **fields})


def test_a_fresh_sign_in_is_a_proof_and_ends_as_one_after_ten_minutes(site, person):
    client, _ = person
    age(site, client, STEP_UP_LASTS - timedelta(seconds=30))
    assert client.get("/account/second-factor").status_code == 200
    age(site, client)
    answer = client.get("/account/second-factor")
    assert (answer.status_code, answer.location) == (302, "/account/prove?next=/account/second-factor")


def test_a_page_is_reached_through_the_proof(site, person):
    client, _ = person
    asked = client.get(client.get("/account/second-factor").location)
    form = Page(asked.text).form("/account/prove")
    wrong = client.post(form.action, data=form.filled(proof="wrong horse battery"))
    assert wrong.status_code == 400
    assert "This is not your password." in wrong.text
    right = client.post(form.action, data=form.filled(proof=PASSWORD))
    assert (right.status_code, right.location) == (302, "/account/second-factor")
    assert client.get("/account/second-factor").status_code == 200


def test_a_form_goes_on_with_the_password_and_loses_nothing(site, person):
    client, _ = person
    user = victim(site, "Formed")
    edit = f"/admin/users/edit/?id={user.user_id}"
    form = next(f for f in Page(client.get(edit).text).forms if "email" in f.fields)
    sent = form.filled(name="Formed Anew", role_id="manager", active=[])
    answer = client.post(edit, data=sent)
    assert answer.status_code == 403
    assert site.services.users.accounts.read(actor=SYSTEM, user_id=user.user_id).version == user.version
    again = Page(answer.text).form(edit)
    fields = {name: again.fields.get(name) for name in ("name", "role_id", "email", "_version")}
    assert fields["name"] == ["Formed Anew"]
    assert fields["role_id"] == ["manager"]
    wrong = client.post(again.action, data=again.filled(proof="wrong"))
    assert wrong.status_code == 403
    assert "This is not your password." in wrong.text
    assert 'value="wrong"' not in wrong.text
    right = Page(wrong.text).form(edit)
    done = client.post(right.action, data=right.filled(proof=PASSWORD))
    assert done.status_code == 302
    after = site.services.users.accounts.read(actor=SYSTEM, user_id=user.user_id)
    assert (after.name, after.role_id, after.active) == ("Formed Anew", "manager", False)


def test_what_is_not_dangerous_is_not_asked(site, person):
    client, _ = person
    user = victim(site, "Renamed")
    edit = f"/admin/users/edit/?id={user.user_id}"
    form = next(f for f in Page(client.get(edit).text).forms if "email" in f.fields)
    assert client.post(edit, data=form.filled(name="Renamed Once")).status_code == 302


def test_a_script_is_told_where_to_confirm(site, person):
    client, _ = person
    user = victim(site, "Scripted")
    page = client.get("/admin/users/").text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]
    answer = client.post(
        "/admin/users/ajax/update/",
        json={"pk": user.user_id, "field": "active", "value": False, "version": 1},
        headers={"X-CSRFToken": token, "Accept": "application/json", "Referer": "http://localhost/admin/users/"},
    )  # fmt: skip
    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
    assert answer.json["proof"] == "/account/prove?next=/admin/users/&sent=1"
    assert "/account/prove" in answer.json["detail"]
    assert site.services.users.accounts.read(actor=SYSTEM, user_id=user.user_id).active


def test_a_role_is_not_made_without_a_proof(site, person):
    client, _ = person
    form = Page(client.get("/admin/roles/new/").text).form("/admin/roles/new/")
    assert client.post(form.action, data=form.filled(name="Unproved")).status_code == 403
    assert "unproved" not in site.services.users.roles.ids()


def test_a_secret_is_never_handed_back(site, person):
    client, _ = person
    with site.app.test_request_context("/x", method="POST", data={"password": "kept nowhere"}):
        handler = site.app.error_handler_spec[None][None][StepUpNeeded]
        site.app.preprocess_request()
        with pytest.raises(Exception, match="Sign in"):
            require_step_up()  # nobody is signed in here
        answer = handler(StepUpNeeded())
    assert answer.status_code == 302
    assert answer.location == "/account/prove?sent=1"
    asked = client.get("/account/prove?sent=1&next=/account/")
    form = Page(asked.text).form("/account/prove")
    client.post(form.action, data=form.filled(proof=PASSWORD))
    assert "Now submit the form again" in client.get("/account/").text


def test_the_code_is_asked_where_there_is_one_and_works_once(site, person):
    client, user_id = person
    secret = pyotp.random_base32()
    user_table.update(
        user_id, totp=site.services.users.second_factor._encryption.encrypt(secret), totp_step=0, recovery=[]
    )
    code = pyotp.TOTP(secret).now()
    answer = post(client, OFF)
    assert answer.status_code == 403
    assert "Code from your app" in answer.text
    assert post(client, OFF, proof=PASSWORD).status_code == 403, "the password is not enough"
    assert site.services.users.second_factor.is_on(user_id)
    assert post(client, "/account/prove", proof=code).status_code == 302
    age(site, client)
    assert post(client, "/account/prove", proof=code).status_code == 400, "a code works once"


def test_wrong_passwords_are_throttled_and_counted_without_what_was_typed(site, person):
    client, user_id = person
    for _ in range(5):
        assert post(client, "/account/prove", proof="my secret guess").status_code == 400
    braked = post(client, "/account/prove", proof=PASSWORD)
    assert braked.status_code == 429
    assert int(braked.headers["Retry-After"]) >= 1
    assert post(client, OFF, proof=PASSWORD).status_code == 429, "the form is the same door"
    events = [
        event for event in audit_table.of_subject(f"user:{user_id}") if event.action == "user.proof_failed"
    ]
    assert [event.changes for event in events] == [
        {"factor": [None, "password"], "attempts_this_hour": [None, n]} for n in range(1, 6)
    ]
    assert "my secret guess" not in str([event.serialize() for event in events])


def test_who_has_neither_password_nor_code_signs_in_again(site, person):
    client, user_id = person
    user_table.update(user_id, password_hash=None)
    page = client.get("/account/prove?next=/account/second-factor")
    assert "Please sign in again" in page.text
    assert post(client, "/account/prove", proof="").status_code == 400
    answer = post(client, "/account/prove/sign-in", next="/account/second-factor")
    assert answer.location == "/login?next=/account/second-factor&fresh=1"
    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize(
    "wild",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "\thttps://e"],
)
def test_the_proof_leads_nowhere_else(site, person, wild):
    client, _ = person
    page = client.get("/account/prove", query_string={"next": wild})
    assert "evil" not in page.text
    assert post(client, "/account/prove", proof=PASSWORD, next=wild).location == "/desk/tickets/?state=open"


def test_a_proof_for_a_session_that_ended_brings_nothing_back(site, person):
    client, _ = person
    token = TOKEN.search(client.get("/account/").text)[1]
    cookie = client.get_cookie("ledgerdesk_session").value
    id_ = hash_token(cookie)
    actor = site.services.users.authentication.actor_for(token=cookie, now=datetime.now(UTC))
    site.services.users.sessions.revoke(token=cookie)
    with pytest.raises(Exception, match="Sign in again"):
        site.services.users.step_up.verify(actor=actor, answer=PASSWORD, now=datetime.now(UTC))
    assert session_table.find(id_) is None
    assert client.post("/account/prove", data={"csrf_token": token, "proof": PASSWORD}).status_code == 302


@pytest.mark.parametrize(("action", "value"), [("suspend", ""), ("role", "customer")])
def test_people_are_not_changed_together_without_a_proof(site, person, action, value):
    client, _ = person
    chosen = victim(site, f"Bulk-{action}")
    post(client, "/admin/users/action/", action=action, value=value, rowid=chosen.user_id)
    assert site.services.users.accounts.read(actor=SYSTEM, user_id=chosen.user_id) == chosen


def test_people_are_not_imported_without_a_proof(site, person):
    client, _ = person
    path = "/admin/users/import/"
    assert client.get(path).location == f"/account/prove?next={path}"
    asked = post(client, path, step="import", text="name,email\nNew,unproved@demo.example\n")
    assert "What you entered is kept." in Page(asked.text).text
    assert site.services.users.accounts.find_by_email("unproved@demo.example") is None


def test_a_second_factor_is_not_set_from_an_old_proof(site, person):
    client, user_id = person
    for token in ("", "nonsense"):
        answer = post(client, "/account/second-factor", token=token, code="123456")
        assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/account/prove")
    assert user_table.find(user_id).totp is None


def test_nobody_is_let_in_or_moved_from_an_old_proof(site, person):
    client, _ = person
    fields = {"name": "Thief", "email": "thief@elsewhere.example", "role_id": "administrator"}
    assert post(client, "/admin/users/new/", **fields).status_code == 403
    assert user_table.find_by_email("thief@elsewhere.example") is None
    user = victim(site, "Moved")
    edit = f"/admin/users/edit/?id={user.user_id}"
    form = next(f for f in Page(client.get(edit).text).forms if "email" in f.fields)
    assert client.post(edit, data=form.filled(email="thief@elsewhere.example")).status_code == 403
    assert user_table.find(user.user_id).email == "moved@demo.example"
    assert client.post(edit, data=form.filled(name="Only The Name")).status_code == 302
    rules = Page(client.get("/admin/access/").text).form("/admin/access/")
    assert client.post(rules.action, data=rules.filled(registration="on")).status_code == 403
