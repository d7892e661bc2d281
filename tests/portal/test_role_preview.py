"""The access preview on a role's page, by the form alone."""

from datetime import UTC, datetime

import pytest

from models.user import User as UserItem
from services.users.identity import SYSTEM, Permission, Scope
from tests.portal.pages import Page
from tests.services.harness import START

PATH = "/admin/roles/edit/?id=senior"


@pytest.fixture(scope="module")
def senior(site):
    """A role with 52 people, and three tickets that its next version reveals."""
    own = {Permission.TICKET_VIEW: Scope.OWN, Permission.TICKET_REPLY: Scope.OWN}
    site.services.users.roles.save(
        actor=SYSTEM, now=START, role_id="senior", name="Senior", permissions=own, expected_version=0
    )
    for number in range(52):
        UserItem(
            user_id=f"s{number}", name=f"Senior {number:02}", sort_name=f"senior {number:02}",
            role_id="senior", email=f"s{number}@x.example", created_at=START,
        ).save()  # fmt: skip
    for number in range(3):
        site.ticket("customer", f"Preview {number}")
    site.services.reporting.analytics.follow(now=datetime.now(UTC))


def sent(site, **changes: str):
    form = next(form for form in site.read("administrator", PATH).forms if form.id == "role")
    assert ("preview", "1") in form.buttons
    return site.as_("administrator").post(PATH, data=form.filled(**changes))


def test_the_preview_shows_who_sees_what_and_keeps_the_form(site, senior):
    answer = sent(site, preview="1", **{"scope_ticket:view": "all", "scope_ticket:reply": "none"})
    page = Page(answer.text)
    assert answer.status_code == 200
    for words in ("Reveals 3 tickets to 52 people", "Hides no tickets.", "No team", "Senior 00", "And 2 more",
                  "Everybody gains", "See tickets Own to All", "Everybody loses",
                  "Send public replies Own to None", "Nothing has been saved yet."):  # fmt: skip
        assert words in page.text, words
    form = next(form for form in page.forms if form.id == "role")
    assert (form.one("scope_ticket:view"), form.one("scope_ticket:reply")) == ("all", "none")
    assert site.services.users.roles.read("senior").version == 1
    assert "Hides 3 tickets from 52 people" not in page.text


def test_a_preview_without_effect_says_so(site, senior):
    assert "No permission changes" in Page(sent(site, preview="1").text).text
    assert "Nobody has this role yet" in Page(new_role(site)).text


def new_role(site) -> str:
    path = "/admin/roles/new/"
    form = next(form for form in site.read("administrator", path).forms if form.id == "role")
    fields = form.filled(name="New", preview="1", **{"scope_ticket:view": "all"})
    return site.as_("administrator").post(path, data=fields).text
