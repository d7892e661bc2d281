"""Where people begin, which teams they see first, and what a new role starts with."""

import re

import pytest

from portal.ui import navigation
from pynamodb_grid.admin import Field, Kind
from pynamodb_grid.admin.forms import form_class
from services.users.identity import Permission


def test_managers_begin_at_the_dashboards_others_where_they_did(site):
    assert site.as_("manager").get("/").location == "/reports/"
    assert "/desk/tickets/" in site.as_("agent").get("/").location
    assert "/desk/tickets/" in site.as_("administrator").get("/").location


def scopes(page) -> dict[str, str]:
    """Read what the form of a role has chosen."""
    selected = {}
    for name, options in re.findall(r'name="scope_([\w:]+)".*?>(.*?)</select>', page.text, re.DOTALL):
        selected[name] = re.search(r'value="(\w+)"[^>]*\bselected', options)[1]
    return selected


def test_a_new_role_starts_as_a_copy_of_another(site):
    page = site.as_("administrator").get("/admin/roles/new/?like=agent")
    chosen = scopes(page)
    agent = site.services.users.roles.read("agent")
    assert {name for name, scope in chosen.items() if scope != "none"} == set(map(str, agent.permissions))
    assert chosen["ticket:note"] == agent.permissions[Permission.TICKET_NOTE].name.lower()
    assert 'value="agent" selected' in re.sub(r"\s+", " ", page.text)
    empty = scopes(site.as_("administrator").get("/admin/roles/new/"))
    assert set(empty.values()) == {"none"}
    assert site.as_("administrator").get("/admin/roles/new/?like=nobody").status_code == 404


def test_the_sidebar_shows_few_teams_and_leads_to_the_others(site, monkeypatch):
    page = site.as_("agent").get("/desk/tickets/").text
    assert "data-jump" in page
    teams = [(f"t{number}", f"Team {number}") for number in range(1, 31)]
    monkeypatch.setattr(navigation, "_active_teams", lambda: teams)
    page = site.as_("manager").get("/desk/tickets/").text
    assert len(re.findall(r"/desk/tickets/\?team=t\d+&amp;state=open", page)) == navigation.TEAMS_SHOWN
    assert "22 more" in page


@pytest.mark.parametrize("number", [3, 30])
def test_several_choices_are_boxes_to_tick_with_a_search_where_they_are_many(site, number):
    choices = [(f"t{at}", f"Team {at}") for at in range(number)]
    form = form_class([Field("team_ids", Kind.TEXT_LIST, label="Teams", choices=choices)])()
    with site.app.test_request_context():
        html = str(site.app.jinja_env.get_template("components/forms.html").module.wtf(form.team_ids))
    assert "<select" not in html
    assert html.count('type="checkbox"') == number
    assert ("data-narrows" in html) == (number > 8)
