"""The pages on which API tokens are made, shown this once, and ended."""

import re
from datetime import UTC, datetime

from models import api_token
from models import session as session_table
from services.users.credentials.sessions import hash_token
from services.users.identity import STEP_UP_LASTS
from tests.portal.api_client import ME, Program, problem, token_for
from tests.portal.conftest import PASSWORD, TOKEN, sign_in
from tests.portal.pages import Page


def new_token_form(page):
    (form,) = [form for form in page.forms if form.action == "/account/tokens/"]
    return form


def test_a_token_is_made_shown_once_and_revoked_on_the_account_page(site):
    page = site.read("agent", "/account/tokens/")
    form = new_token_form(page)
    assert "ticket:export" not in form.offers.get("scope", [])
    assert form.offers["days"] == ["7", "30", "90", "365"]
    page = site.as_("agent").post(
        "/account/tokens/", data=form.filled(name="<b>backup</b>", scope=["ticket:view"], days="7")
    )
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    (secret,) = re.findall(r"<code[^>]*>(ld_[^<]+)</code>", page.text)
    assert Program(site, secret).get(ME).json["token"] == "<b>backup</b>"
    after = site.as_("agent").get("/account/tokens/")
    assert secret not in after.text
    assert "<b>backup</b>" not in after.text
    assert "&lt;b&gt;backup&lt;/b&gt;" in after.text
    (mine,) = [
        token
        for token in site.services.users.api_tokens.own(actor=site.actor("agent"))
        if "backup" in token.name
    ]
    assert site.post("agent", "/account/tokens/revoke", token=mine.id).location == "/account/tokens/"
    problem(Program(site, secret).get(ME), 401)


def test_an_old_step_up_creates_no_token_and_revokes_none(site):
    token_id, secret = token_for(site, "manager")
    client = sign_in(site.app, "administrator@demo.example")
    id_ = hash_token(client.get_cookie("ledgerdesk_session").value)
    session_table.update(id_, stepped_up_at=datetime.now(UTC) - STEP_UP_LASTS)
    csrf = TOKEN.search(client.get("/desk/new").text)[1]
    before = len(site.services.users.api_tokens.own(actor=site.actor("administrator")))
    fields = {"csrf_token": csrf, "name": "x", "scope": "ticket:view", "days": "7"}
    for path, sent in (
        ("/account/tokens/", fields),
        ("/admin/tokens/revoke/", {"csrf_token": csrf, "token": token_id}),
    ):
        assert "Confirm your identity" in client.post(path, data=sent).text
    assert len(site.services.users.api_tokens.own(actor=site.actor("administrator"))) == before
    assert Program(site, secret).get(ME).status_code == 200
    answer = client.post("/account/tokens/", data={**fields, "proof": PASSWORD})
    assert "ld_" in answer.text


def test_a_form_for_a_token_says_what_is_missing(site):
    answer = site.post("agent", "/account/tokens/", name="kept", days="30")
    assert answer.status_code == 400
    page = Page(answer.text)
    assert "Choose at least one" in page.text
    assert new_token_form(page).one("name") == "kept"
    assert site.post("agent", "/account/tokens/", name="x", scope="user:erase", days="30").status_code == 400
    assert (
        site.post("agent", "/account/tokens/", name="x", scope="ticket:view", days="never").status_code == 400
    )
    assert (
        site.post("agent", "/account/tokens/", name="x", scope="ticket:view", days="9999").status_code == 400
    )


def test_who_may_have_no_tokens_is_offered_none(site):
    page = site.read("customer", "/account/tokens/")
    assert not [form for form in page.forms if form.action == "/account/tokens/"]
    assert "/account/tokens/" not in site.read("customer", "/account/").links
    assert (
        site.post("customer", "/account/tokens/", name="x", scope="ticket:view", days="30").status_code == 403
    )


def test_a_foreign_token_is_not_ended_from_ones_own_page(site):
    token_id, secret = token_for(site, "manager")
    site.post("agent", "/account/tokens/revoke", token=token_id)
    assert Program(site, secret).get(ME).status_code == 200


def test_administrators_see_and_revoke_everybodys_tokens(site):
    token_id, secret = token_for(site, "manager")
    rows = site.read("administrator", f"/admin/tokens/?person={site.users['manager']}")
    assert "of manager" in rows.text
    assert "of agent" not in rows.text
    assert "Manager Demo" in rows.text
    assert "of manager" in site.read("administrator", "/admin/tokens/").text
    assert token_id in [
        form.fields["token"][0] for form in rows.forms if form.action == "/admin/tokens/revoke/"
    ]
    answer = site.post("administrator", "/admin/tokens/revoke/", token=token_id, person=site.users["manager"])
    assert answer.location.endswith(f"/admin/tokens/?person={site.users['manager']}")
    problem(Program(site, secret).get(ME), 401)
    assert api_token.find(token_id) is None
    assert site.post("administrator", "/admin/tokens/revoke/", token="gone").status_code == 302
    for role in ("agent", "manager", "customer"):
        assert site.as_(role).get("/admin/tokens/").status_code == 403
        assert site.post(role, "/admin/tokens/revoke/", token=token_id).status_code == 403
