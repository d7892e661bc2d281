"""Users, roles, teams and categories: what administrators do, and what nobody may."""

import re
from datetime import UTC, datetime

import pytest

from models.user import User
from services.errors import NotFound
from services.users.identity import BUILT_IN, SYSTEM, Permission, Scope
from tests.portal.conftest import PASSWORD, choose_password, sign_in
from tests.portal.pages import Page

JSON = {"Accept": "application/json"}


def send(site, form, path, role="administrator", **changes):
    return site.as_(role).post(form.action or path, data=form.filled(**changes))


def the_form(page):
    """Return the page's own form: the one with the version, or the one that posts to the page itself."""
    return next(form for form in page.forms if form.method == "post" and form.action in ("", None))


def person(site, email):
    return site.services.users.accounts.find_by_email(email)


def new_person(site, address, **more):
    page = site.read("administrator", "/admin/users/new/")
    filled = {"name": "New Person", "email": address, "role_id": "agent"} | more
    answer = send(site, the_form(page), "/admin/users/new/", **filled)
    if answer.status_code == 302:
        choose_password(site, filled["email"])
    return answer


def edit_person(site, user_id, role="administrator", **changes):
    path = f"/admin/users/edit/?id={user_id}"
    return send(site, the_form(site.read(role, path)), path, role, **changes)


def test_a_person_is_created_and_can_sign_in(site):
    assert new_person(site, "First@Demo.example").status_code == 302
    user = person(site, "first@demo.example")
    assert (user.name, user.role_id, user.active) == ("New Person", "agent", True)
    assert sign_in(site.app, "first@demo.example").get("/desk/tickets/").status_code == 200
    assert "New Person" in site.read("administrator", "/admin/users/?search=new").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "\u200b"),
        ("email", "no address"),
        ("email", ""),
        ("email", "agent@demo.example"),
        ("email", "AGENT@demo.example"),
        ("email", "x" * 300 + "@a.example"),
        ("role_id", "none-such"),
        ("role_id", ""),
        ("team_ids", "none-such"),
    ],
)
def test_a_person_that_cannot_be(site, field, value):
    before = User.count()
    answer = new_person(site, "refused@demo.example", **{field: value})
    assert answer.status_code == 400
    assert User.count() == before
    form = the_form(Page(answer.text))
    if field != "name":
        assert form.one("name") == "New Person"


def test_editing_changes_what_was_touched(site):
    new_person(site, "edited@demo.example")
    user = person(site, "edited@demo.example")
    assert edit_person(site, user.user_id, name="Other Name").status_code == 302
    updated = person(site, "edited@demo.example")
    assert (updated.name, updated.role_id, updated.version) == ("Other Name", "agent", user.version + 1)
    assert edit_person(site, user.user_id, email="moved@demo.example").status_code == 302
    assert person(site, "edited@demo.example") is None
    assert sign_in(site.app, "moved@demo.example")


def test_two_administrators_at_one_person(site):
    new_person(site, "twice@demo.example")
    user = person(site, "twice@demo.example")
    path = f"/admin/users/edit/?id={user.user_id}"
    mine = the_form(site.read("administrator", path))
    edit_person(site, user.user_id, name="Theirs")
    answer = send(site, mine, path, name="Yours")
    assert answer.status_code == 409
    assert "Nothing was overwritten" in Page(answer.text).text
    assert person(site, "twice@demo.example").name == "Theirs"


def test_suspending_ends_the_sessions(site):
    new_person(site, "suspended@demo.example")
    user = person(site, "suspended@demo.example")
    browsers = [sign_in(site.app, "suspended@demo.example") for _ in range(2)]
    path = f"/admin/users/edit/?id={user.user_id}"
    form = the_form(site.read("administrator", path))
    form.fields.pop("active")
    assert send(site, form, path).status_code == 302
    assert not person(site, "suspended@demo.example").active
    assert [browser.get("/desk/tickets/").status_code for browser in browsers] == [302, 302]
    with pytest.raises(AssertionError):
        sign_in(site.app, "suspended@demo.example")


def test_a_new_role_holds_at_once_and_ends_the_sessions(site):
    new_person(site, "demoted@demo.example", role_id="manager")
    user = person(site, "demoted@demo.example")
    browser = sign_in(site.app, "demoted@demo.example")
    assert browser.get("/reports/").status_code == 200
    edit_person(site, user.user_id, role_id="agent")
    assert browser.get("/reports/").status_code == 302
    assert sign_in(site.app, "demoted@demo.example").get("/reports/").status_code == 403


def test_inline_edits_of_people(site):
    new_person(site, "inline@demo.example")
    user = person(site, "inline@demo.example")
    headers = {"X-CSRFToken": site.token("administrator")}

    def edit(**edit):
        return site.as_("administrator").post("/admin/users/ajax/update/", json=edit, headers=headers)

    browser = sign_in(site.app, "inline@demo.example")
    assert edit(pk=user.user_id, field="active", value=False, version=1).status_code == 200
    assert browser.get("/desk/tickets/").status_code == 302
    assert edit(pk=user.user_id, field="role_id", value="manager", version=1).status_code == 409
    assert edit(pk=user.user_id, field="role_id", value="none", version=2).status_code == 400
    assert edit(pk=user.user_id, field="email", value="x@y.example", version=2).status_code == 400
    assert edit(pk=user.user_id, field="password_hash", value="x", version=2).status_code == 400
    assert edit(pk="none", field="active", value=False, version=1).status_code == 404
    assert edit(pk="x" * 5000, field="active", value=False, version=1).status_code == 404
    assert edit(pk="\ud800", field="active", value=False, version=1).status_code == 404


def test_administrators_do_not_lock_themselves_out(site):
    mine = site.users["administrator"]
    for change in ({"role_id": "agent"},):
        answer = edit_person(site, mine, **change)
        assert answer.status_code == 400
        assert "yourself" in Page(answer.text).text
    headers = {"X-CSRFToken": site.token("administrator")}
    edit = {"pk": mine, "field": "active", "value": False, "version": 1}
    answer = site.as_("administrator").post("/admin/users/ajax/update/", json=edit, headers=headers)
    assert answer.status_code == 400
    assert site.services.users.accounts.read(actor=SYSTEM, user_id=mine).active


def test_managers_look_and_change_nothing(site):
    page = site.read("manager", "/admin/users/")
    assert not [link for link in page.links if "edit" in link or "users/new" in link]
    target = site.users["customer"]
    assert site.as_("manager").get(f"/admin/users/edit/?id={target}").status_code == 403
    assert site.post("manager", "/admin/users/new/", name="X", email="x@y.example").status_code == 403
    assert site.post("manager", f"/admin/users/edit/?id={target}", name="X").status_code == 403
    headers = {"X-CSRFToken": site.token("manager")}
    edit = {"pk": target, "field": "role_id", "value": "administrator", "version": 1}
    assert (
        site.as_("manager").post("/admin/users/ajax/update/", json=edit, headers=headers).status_code == 403
    )


@pytest.mark.parametrize(
    "id_", ["", "x", "x" * 2000, "%00", "%ED%A0%80", "\N{GRINNING FACE}", "../", "a&id=b"]
)
@pytest.mark.parametrize("grid", ["users", "roles", "teams", "categories"])
def test_an_odd_id_is_not_found(site, grid, id_):
    answer = site.as_("administrator").get(f"/admin/{grid}/edit/?id={id_}")
    assert answer.status_code == 404


def test_filters_search_and_order_of_people(site):
    def names(query):
        page = site.read("administrator", f"/admin/users/?{query}")
        return page.text

    assert "Agent Demo" in names("role=agent")
    assert "Manager Demo" not in names("role=agent")
    assert "Agent Demo" not in names("role.not=agent")
    assert "Manager Demo" in names("search=mana")
    assert "Agent Demo" not in names("search=mana")
    assert "Agent Demo" in names("active=yes")
    assert "Agent Demo" not in names("active=no")
    for bad in ("role=none", "active=perhaps", "sort=email", "cursor=x", "none=1", "search=" + "x" * 300):
        assert site.as_("administrator").get(f"/admin/users/?{bad}").status_code == 400


def test_people_page_by_page(site):
    people = {f"bulk-{n}": (f"Bulk {n:02d}", ("customer", "agent")[n % 2]) for n in range(30)}
    site.services.users.accounts.upsert(people, now=datetime.now(UTC))
    rows, path = [], "/admin/users/?search=bulk"
    while path:
        page = site.read("administrator", path)
        rows.append(re.findall(r"Bulk \d\d", page.text))
        path = next(
            (tag["href"] for name, tag in page.tags if name == "a" and tag.get("rel") == "next"), None
        )
    unique = [list(dict.fromkeys(names)) for names in rows]
    assert [name for names in unique for name in names] == [f"Bulk {n:02d}" for n in range(30)]


# Roles


def role_form(site, path, role="administrator"):
    return next(form for form in site.read(role, path).forms if form.id == "role")


def new_role(site, name, role="administrator", **scopes):
    form = role_form(site, "/admin/roles/new/", role)
    filled = {f"scope_{key}": value for key, value in scopes.items()}
    return site.as_(role).post("/admin/roles/new/", data=form.filled(name=name, **filled))


def test_a_role_is_made_and_changed(site):
    assert new_role(site, "Night shift", **{"ticket:view": "team", "ticket:note": "team"}).status_code == 302
    role = site.services.users.roles.read("night-shift")
    assert role.permissions == {Permission.TICKET_VIEW: Scope.TEAM, Permission.TICKET_NOTE: Scope.TEAM}
    path = "/admin/roles/edit/?id=night-shift"
    form = role_form(site, path)
    answer = site.as_("administrator").post(
        path, data=form.filled(name="Nights", **{"scope_ticket:view": "all"})
    )
    assert answer.status_code == 302
    changed = site.services.users.roles.read("night-shift")
    assert (changed.name, changed.permissions[Permission.TICKET_VIEW], changed.version) == (
        "Nights",
        Scope.ALL,
        2,
    )
    late = site.as_("administrator").post(path, data=form.filled(name="Too late"))
    assert late.status_code == 409
    assert site.services.users.roles.read("night-shift").name == "Nights"


def test_roles_say_how_many_people_have_them_up_to_a_number(site, monkeypatch):
    new_person(site, "counted@demo.example", role_id="manager")
    managers = User.by_role.count("manager")
    assert f"Manager {managers} people" in site.read("administrator", "/admin/roles/").text
    monkeypatch.setattr("portal.admin.roles.COUNTED", 2)
    assert "Manager 2+ people" in site.read("administrator", "/admin/roles/").text


def test_a_refused_role_shows_what_is_stored_beside_what_was_wished(site):
    new_role(site, "Refused later", **{"ticket:view": "team"})
    path = "/admin/roles/edit/?id=refused-later"
    refused = site.as_("administrator").post(
        path, data=role_form(site, path).filled(name="", **{"scope_ticket:view": "all"})
    )
    assert refused.status_code == 400
    assert 'data-was="Team"' in refused.text
    again = next(form for form in Page(refused.text).forms if form.id == "role")
    assert again.one("scope_ticket:view") == "all"
    assert "Editing" in Page(refused.text).text


@pytest.mark.parametrize("name", ["", "   ", "!!!", "x" * 61, "\u200b", "Agent", "agent", "ADMINISTRATOR"])
def test_a_role_that_cannot_be(site, name):
    before = site.services.users.roles.ids()
    answer = new_role(site, name, **{"ticket:view": "all"})
    assert answer.status_code == 400
    assert site.services.users.roles.ids() == before
    assert Page(answer.text).forms


@pytest.mark.parametrize("role_id", list(BUILT_IN))
def test_built_in_roles_stay_as_they_are(site, role_id):
    path = f"/admin/roles/edit/?id={role_id}"
    fields = {f"scope_{permission}": "all" for permission in Permission}
    answer = site.post("administrator", path, name="Mine now", version="1", **fields)
    assert answer.status_code in (400, 403)
    assert site.services.users.roles.read(role_id).permissions == BUILT_IN[role_id][1]
    assert site.services.users.roles.read(role_id).name == BUILT_IN[role_id][0]


@pytest.mark.parametrize(
    "fields",
    [
        {"scope_ticket:view": "everything"},
        {"scope_user:view": "own"},
        {"version": "x"},
        {"version": ""},
        {"version": "-1"},
        {"version": "9" * 30},
        {"scope_ticket:view": "ALL"},
        {"scope_ticket:view": ""},
    ],
)
def test_a_form_no_page_of_ours_sends(site, fields):
    form = role_form(site, "/admin/roles/new/")
    answer = site.as_("administrator").post("/admin/roles/new/", data=form.filled(name="Strange", **fields))
    assert answer.status_code == 400
    assert "strange" not in site.services.users.roles.ids()


@pytest.fixture(scope="module")
def deputy(site):
    """Bring somebody who may edit roles and users but has little else."""
    permissions = {
        Permission.TICKET_VIEW: Scope.TEAM,
        Permission.TICKET_NOTE: Scope.TEAM,
        Permission.ROLE_VIEW: Scope.ALL,
        Permission.ROLE_EDIT: Scope.ALL,
        Permission.USER_VIEW: Scope.ALL,
        Permission.USER_EDIT: Scope.ALL,
    }
    site.services.users.roles.save(
        now=datetime.now(UTC),
        actor=SYSTEM,
        role_id="deputy",
        name="Deputy",
        permissions=permissions,
        expected_version=0,
    )
    user = site.services.users.accounts.create(
        actor=SYSTEM,
        now=datetime.now(UTC),
        name="Deputy Demo",
        email="deputy@demo.example",
        role_id="deputy",
        password=PASSWORD,
    )
    site.users["deputy"], site.clients["deputy"] = user.user_id, sign_in(site.app, "deputy@demo.example")
    return "deputy"


def test_nobody_grants_more_than_they_have(site, deputy):
    form = role_form(site, "/admin/roles/new/", deputy)
    assert form.offers["scope_ticket:view"] == ["none", "own", "team"]
    assert form.offers["scope_report:view"] == ["none"]
    for wide in ({"ticket:view": "all"}, {"report:view": "all"}, {"setting:edit": "all"}):
        answer = new_role(site, "Wide", deputy, **wide)
        assert answer.status_code == 400
    with pytest.raises(NotFound):
        site.services.users.roles.read("wide")
    assert new_role(site, "Narrow", deputy, **{"ticket:view": "team"}).status_code == 302


def test_nobody_gives_a_role_that_may_more_than_theirs(site, deputy):
    target = site.users["customer"]
    for role_id in ("administrator", "agent", "manager"):
        answer = edit_person(site, target, deputy, role_id=role_id)
        assert answer.status_code == 403
        page = the_form(site.read(deputy, "/admin/users/new/"))
        filled = page.filled(name="X", email="wide@demo.example", role_id=role_id)
        assert site.as_(deputy).post("/admin/users/new/", data=filled).status_code == 400
    assert site.services.users.accounts.read(actor=SYSTEM, user_id=target).role_id == "customer"
    assert edit_person(site, site.users["administrator"], deputy, name="Renamed").status_code == 403


def test_somebody_with_a_team_sees_its_tickets_alone(site, deputy):
    user = site.services.users.accounts.read(actor=SYSTEM, user_id=site.users[deputy])
    site.services.users.accounts.update(
        now=datetime.now(UTC),
        actor=SYSTEM,
        user_id=user.user_id,
        expected_version=user.version,
        name=user.name,
        email=user.email,
        role_id="deputy",
        active=True,
        team_ids=["devices"],
    )
    tickets = {}
    for team in ("devices", "billing"):
        tickets[team] = site.services.tickets.service.create(
            actor=SYSTEM,
            now=datetime.now(UTC),
            subject=f"For {team}",
            body="x",
            requester_id=site.users["customer"],
            team_id=team,
        ).ticket_id
    text = site.read(deputy, "/desk/tickets/").text
    assert "For devices" in text
    assert "For billing" not in text
    assert site.as_(deputy).get(f"/desk/tickets/{tickets['devices']}").status_code == 200
    assert site.as_(deputy).get(f"/desk/tickets/{tickets['billing']}").status_code == 404
    assert site.as_(deputy).get("/desk/tickets/?team=billing").status_code == 200
    assert "For billing" not in site.as_(deputy).get("/desk/tickets/?team=billing").text


# Teams and categories


@pytest.mark.parametrize("grid", ["teams", "categories"])
def test_entries_are_made_renamed_and_switched_off(site, grid):
    path = f"/admin/{grid}/new/"
    answer = send(site, the_form(site.read("administrator", path)), path, name=f"Fresh {grid}")
    assert answer.status_code == 302
    kind = "team" if grid == "teams" else "category"
    entry = site.services.catalog.get(kind, f"fresh-{grid}")
    assert entry.active
    path = f"/admin/{grid}/edit/?id={entry.id}"
    stale = the_form(site.read("administrator", path))
    assert (
        send(site, the_form(site.read("administrator", path)), path, name=f"Renamed {grid}").status_code
        == 302
    )
    assert send(site, stale, path, name="Too late").status_code == 409
    headers = {"X-CSRFToken": site.token("administrator")}
    edit = {"pk": entry.id, "field": "active", "value": False, "version": 2}
    answer = site.as_("administrator").post(f"/admin/{grid}/ajax/update/", json=edit, headers=headers)
    assert answer.status_code == 200
    stored = site.services.catalog.get(kind, entry.id)
    assert (stored.name, stored.active, stored.version) == (f"Renamed {grid}", False, 3)
    form = site.read("agent", "/desk/new").form("/desk/new")
    offered = [value for value, *_ in site.as_("agent").get("/lookup/team").json]
    assert entry.id not in offered + form.offers["category"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "!!!", "Billing", "bILLING"])
def test_an_entry_that_cannot_be(site, name):
    path = "/admin/teams/new/"
    before = site.services.catalog.names("team")
    answer = send(site, the_form(site.read("administrator", path)), path, name=name)
    assert answer.status_code == 400
    assert site.services.catalog.names("team") == before


@pytest.mark.parametrize(
    "query", ["sort=x", "cursor=x", "cursor=-1", "cursor=9999999", "active=x", "size=7", "x=1"]
)
def test_odd_lists_of_entries(site, query):
    assert site.as_("administrator").get(f"/admin/teams/?{query}").status_code == 400
