"""Organizations on pages: the grid, the person's form, the roles, and what members see of each other."""

import pytest

from services.users.identity import SYSTEM, Permission, Scope
from tests.portal.conftest import PASSWORD, sign_in
from tests.portal.pages import Page
from tests.services.harness import START

GRID = "/admin/organizations/"


def sheet(site, path):
    """Read the form of a page that creates or edits."""
    return next(form for form in site.read("administrator", path).forms if "name" in form.fields)


@pytest.fixture(scope="module")
def acme(site):
    """Make an organization that shares, by its form."""
    form = sheet(site, f"{GRID}new/")
    answer = site.as_("administrator").post(
        f"{GRID}new/", data=form.filled(name="Acme", shares_tickets="true", domains="acme.example\r\n")
    )
    assert answer.status_code == 302, answer.text
    return site.services.users.organizations.get("acme")


@pytest.fixture(scope="module")
def member(site, acme):
    """A customer whom the address puts into Acme, with a browser."""
    person = site.services.users.accounts.create(
        actor=SYSTEM, now=START, name="Mia Member", email="mia@acme.example", role_id="customer",
        password=PASSWORD,
    )  # fmt: skip
    assert person.organization_id == "acme"
    return sign_in(site.app, "mia@acme.example")


def test_the_grid_and_the_form_show_organizations(site, acme, member):
    listed = site.read("administrator", GRID)
    assert "Acme" in listed.text
    assert "acme.example" in listed.text
    assert "Mia Member" in site.read("administrator", "/admin/users/?organization=acme").text
    assert "Customer Demo" not in site.read("administrator", "/admin/users/?organization=acme").text
    for role in ("agent", "manager", "customer"):
        assert site.as_(role).get(GRID).status_code == 403


def test_a_refused_domain_stands_at_its_field(site, acme):
    form = sheet(site, f"{GRID}new/")
    answer = site.as_("administrator").post(
        f"{GRID}new/", data=form.filled(name="Else", domains="acme.example")
    )
    assert answer.status_code == 400
    assert "acme.example already belongs to Acme." in Page(answer.text).text


def test_a_person_moves_by_the_form(site, acme):
    user = site.services.users.accounts.find_by_email("stranger@demo.example")
    path = f"/admin/users/edit/?id={user.user_id}"
    for typed, stored in (("Acme", "acme"), ("", None)):
        form = sheet(site, path)
        answer = site.as_("administrator").post(path, data=form.filled(organization_id_text=typed))
        assert answer.status_code == 302, answer.text
        assert site.services.users.accounts.find_by_email("stranger@demo.example").organization_id == stored


def test_members_have_a_list_of_their_own_and_others_have_not(site, acme, member):
    colleague = site.services.users.accounts.create(
        actor=SYSTEM, now=START, name="Carl Colleague", email="carl@acme.example", role_id="customer",
        password=PASSWORD,
    )  # fmt: skip
    ticket = site.services.tickets.service.create(
        actor=SYSTEM, now=START, subject="Shared smoke", body="b", requester_id=colleague.user_id
    )
    path = f"/help/tickets/{ticket.ticket_id}"
    mine, shared = (Page(member.get(f"/help/tickets{query}").text) for query in ("", "?of=organization"))
    assert "Shared smoke" not in mine.text
    assert "/help/tickets?of=organization" in mine.links
    assert "Carl Colleague · Opened" in shared.text
    assert "Shared smoke" in shared.text
    page = Page(member.get(path).text)
    assert "Requester Carl Colleague" in page.text
    assert "Mark as solved" not in page.text
    form = page.form(f"{path}/reply")
    assert member.post(form.action, data=form.filled(body="Same here")).status_code == 302
    for role in ("customer", "stranger"):
        assert "Shared smoke" not in site.as_(role).get("/help/tickets?of=organization").text
        assert "of=organization" not in site.as_(role).get("/help/tickets").text
        assert site.as_(role).get(path).status_code == 404
        assert reply(site, role, path) == 404
    assert [text for _, text in site.events(ticket.ticket_id)] == ["b", "Same here"]
    assert member.get("/help/tickets?of=else").status_code == 400


def reply(site, role, path):
    data = {"csrf_token": site.token(role, "/help/new"), "body": "Hello"}
    return site.as_(role).post(f"{path}/reply", data=data).status_code


def test_the_organization_is_a_choice_for_ticket_permissions(site):
    form = site.read("administrator", "/admin/roles/new/").form("/admin/roles/new/")
    for name, offered in form.offers.items():
        if name.startswith("scope_"):
            permission = Permission(name.removeprefix("scope_"))
            assert ("organization" in offered) == (Scope.ORGANIZATION in permission.scopes), name
