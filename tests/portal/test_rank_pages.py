"""What pages offer for accounts that allow more than the reader's own, and how they refuse it."""

from datetime import UTC, datetime

import pytest

from services.users.identity import SYSTEM, Permission, Scope
from tests.portal.conftest import PASSWORD, sign_in
from tests.portal.pages import Page

P = Permission
RIGHTS = {
    P.TICKET_VIEW: Scope.TEAM,
    **dict.fromkeys(
        (P.USER_VIEW, P.USER_EDIT, P.USER_EXPORT, P.USER_VIEW_AS, P.SESSION_REVOKE, P.ROLE_VIEW, P.ROLE_EDIT),
        Scope.ALL,
    ),
}
ABOVE = "This account allows more than your own"


@pytest.fixture(scope="module")
def clerk(site):
    now = datetime.now(UTC)
    site.services.users.roles.save(
        actor=SYSTEM, now=now, role_id="clerk", name="Clerk", permissions=RIGHTS, expected_version=0
    )
    site.services.users.accounts.create(
        actor=SYSTEM, now=now, name="Clara Clerk", email="clerk@demo.example", role_id="clerk",
        team_ids=["billing"], password=PASSWORD,
    )  # fmt: skip
    return sign_in(site.app, "clerk@demo.example")


def test_the_form_says_why_and_keeps_what_was_typed(site, clerk):
    edit = f"/admin/users/edit/?id={site.users['administrator']}"
    page = Page(clerk.get(edit).text)
    assert ABOVE in page.text
    assert not [link for link in page.links if "view-as" in link or "/privacy/" in link]
    form = next(form for form in page.forms if "email" in form.fields)
    refused = clerk.post(edit, data=form.filled(name="Overthrown"))
    assert refused.status_code == 403
    assert ABOVE in Page(refused.text).text
    assert 'value="Overthrown"' in refused.text
    assert site.services.users.accounts.get(site.users["administrator"], fresh=True).name != "Overthrown"


def test_sessions_are_shown_without_the_buttons_that_end_them(site, clerk):
    url = f"/admin/sessions/?person={site.users['administrator']}"
    page = Page(clerk.get(url).text)
    assert ABOVE in page.text
    assert not [form for form in page.forms if form.action.startswith("/admin/sessions/")]
    own = Page(site.as_("administrator").get(url).text)
    assert [form for form in own.forms if form.action.startswith("/admin/sessions/end")]


def test_a_bulk_action_names_each_account_it_leaves_alone(site, clerk):
    page = Page(clerk.get("/admin/users/").text)
    token = page.forms[0].fields["csrf_token"]
    sent = {"action": "suspend", "rowid": [site.users["administrator"], site.users["agent"]]}
    answer = clerk.post(
        "/admin/users/action/", data={"csrf_token": token, **sent}, headers={"Accept": "application/json"}
    )
    assert [row["status"] for row in answer.json["results"]] == ["failed", "failed"]
    assert all(ABOVE in row["message"] for row in answer.json["results"])


def test_a_role_that_reaches_teams_is_refused_on_its_form(site, clerk):
    url = "/admin/roles/edit/?id=clerk"
    form = next(form for form in Page(clerk.get(url).text).forms if "version" in form.fields)
    refused = clerk.post(url, data=form.filled(name="Clerks"))
    assert refused.status_code == 403
    assert "more than your own" in Page(refused.text).text
    assert site.services.users.roles.read("clerk").name == "Clerk"
