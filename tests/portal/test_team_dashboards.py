"""Dashboards of somebody whose role shows them the figures of their teams: page, explanations, lists, roles editor."""

from datetime import UTC, datetime

import pytest

from portal.ui.grid_links import chart_mark_url
from services.reporting import NONE, Counted, Filters, Measure
from services.users.authorization import Outranked
from services.users.identity import BUILT_IN, SYSTEM, Permission, Scope, User
from tests.portal.chart_marks import conditions_of, marks_of, page_of, shown
from tests.portal.conftest import PASSWORD, sign_in
from tests.portal.pages import Page

LEADS = {"lead": ["billing"], "lead of both": ["billing", "devices"], "lead of nothing": []}
# (team, where it is moved to, solved)
TICKETS = (
    ("billing", "billing", False),
    ("billing", "billing", True),
    ("billing", "devices", False),
    ("devices", "billing", False),
    ("devices", "billing", True),
    ("devices", "devices", False),
    ("devices", None, False),
    (None, None, False),
)


@pytest.fixture(scope="module")
def desk(site):
    """Give people a role that sees all tickets and the figures of its teams, and move tickets about."""
    permissions = BUILT_IN["agent"][1] | {
        Permission.REPORT_VIEW: Scope.TEAM,
        Permission.TICKET_EXPORT: Scope.ALL,
    }
    site.services.users.roles.save(
        actor=SYSTEM,
        now=datetime.now(UTC),
        role_id="lead",
        name="Lead",
        permissions=permissions | {Permission.USER_VIEW: Scope.ALL, Permission.USER_EDIT: Scope.ALL},
        expected_version=0,
    )
    for name, teams in LEADS.items():
        email = f"{name.replace(' ', '-')}@demo.example"
        site.users[name] = person(site, email, teams).user_id
        site.clients[name] = sign_in(site.app, email)
    tickets = site.services.tickets.service
    for team, later, solved in TICKETS:
        ticket = tickets.create(
            actor=SYSTEM, now=datetime.now(UTC), subject="Lamp", body="Dark", requester_id=site.users["customer"],
            team_id=team, priority="high",
        )  # fmt: skip
        changes = {"team_id": later} if later != team else {}
        changes |= {"status": "solved"} if solved else {}
        if changes:
            tickets.update(
                actor=SYSTEM, now=datetime.now(UTC), ticket_id=ticket.ticket_id, changes=changes,
                expected_version=ticket.version,
            )  # fmt: skip
    site.services.reporting.analytics.follow(now=datetime.now(UTC))
    return site


def person(site, email, teams) -> User:
    """Bring somebody with the role of leads."""
    return site.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name="Lea Lead", email=email, role_id="lead", team_ids=teams,
        password=PASSWORD,
    )  # fmt: skip


def today() -> Filters:
    day = datetime.now(UTC).date()
    return Filters(day, day)


def answer_of(site, who, search=""):
    """Ask for the page's content as the browser does."""
    client = site.as_(who)
    page = client.get("/reports/")
    assert page.status_code == 200
    known = client.get("/reports/_dash-dependencies").json
    (call,) = [each for each in known if not each["clientside_function"]]
    outputs = [part.rpartition(".") for part in call["output"].strip(".").split("...")]
    values = {"url": search, "refresh": None}
    body = {
        "output": call["output"],
        "outputs": [{"id": id_, "property": name} for id_, _, name in outputs],
        "inputs": [
            {"id": one["id"], "property": one["property"], "value": values[one["id"]]}
            for one in call["inputs"]
        ],
        "changedPropIds": ["url.search"],
    }
    headers = {"X-CSRFToken": site.token(who)}
    answer = client.post("/reports/_dash-update-component", json=body, headers=headers)
    assert answer.status_code == 200
    return {id_: props["data"] for id_, props in answer.json["response"].items()}


@pytest.mark.parametrize("who", ["manager", "lead", "lead of both"])
def test_every_mark_opens_as_many_tickets_as_it_says(desk, who):
    teams = LEADS.get(who)
    expected = [after for _, after, _ in TICKETS if teams is None or after in teams]
    actor = desk.actor(who)
    view = shown(desk, actor)
    assert view.overview.figures["created"].value == len(expected)
    all_marks = marks_of(view)
    assert len(all_marks) > 8
    for place, says, link in all_marks:
        page = page_of(desk, link, actor, size=50)
        assert page.count == len(page.rows) == says, (place, link)
        assert teams is None or {row.team_id for row in page.rows} <= set(teams)
        exported = desk.services.tickets.service.iterate(
            actor=actor, conditions=conditions_of(desk, link), sort=None
        )
        assert len(list(exported)) == says, (place, link)


def test_an_address_does_not_widen_what_is_counted(desk):
    lead, manager = desk.actor("lead"), desk.actor("manager")
    for measure, teams in (
        (Measure.CREATED, ("devices",)),
        (Measure.CREATED, (NONE,)),
        (Measure.UNSOLVED, ()),
    ):
        link = chart_mark_url(Counted(measure, Filters(today().start, today().end, teams=teams)))
        theirs, all_of_them = page_of(desk, link, lead, size=50), page_of(desk, link, manager, size=50)
        assert theirs.count == sum(row.team_id == "billing" for row in all_of_them.rows) < all_of_them.count
    # Somebody without dashboards sees what the role shows of tickets.
    link = chart_mark_url(Counted(Measure.CREATED, today()))
    assert page_of(desk, link, desk.actor("agent")).count == page_of(desk, link, manager).count
    assert page_of(desk, link, desk.actor("lead of nothing")).count == 0


def test_the_page_says_what_it_covers(desk):
    bar = answer_of(desk, "lead")["bar"]
    assert bar["parts"]["covered"] == [
        "Teams you are in: Billing. Every figure counts the tickets that are in this team now."
    ]
    assert [bar["hidden"][id_] for id_ in ("covered", "no-team", "report-filters", "tiles", "cards")] == [
        False, True, False, False, False,
    ]  # fmt: skip
    assert "Devices" not in str(bar)
    both = answer_of(desk, "lead of both")["bar"]
    assert both["parts"]["covered"] == [
        "Teams you are in: Billing, Devices. Every figure counts the tickets that are in these teams now."
    ]
    everything = answer_of(desk, "manager")
    assert everything["bar"]["hidden"]["covered"]
    assert "teams you are in" not in str(everything)
    assert "Devices" in str(everything["bar"])
    explained = str(answer_of(desk, "lead")["payload"])
    assert "tickets that are now in the teams you are in" in explained


def test_other_teams_are_no_choice(desk):
    bar = answer_of(desk, "lead", "?team=devices")["bar"]
    assert bar["parts"]["problem"] == ["A team in this link does not exist and was left out."]
    assert bar["parts"]["team-said"] == ["All"]


def test_somebody_in_no_team_sees_why_there_is_nothing(desk):
    answer = answer_of(desk, "lead of nothing")
    assert "payload" not in answer
    assert not answer["bar"]["hidden"]["no-team"]
    assert all(answer["bar"]["hidden"][id_] for id_ in ("report-filters", "tiles", "cards", "covered"))
    assert "You are in no team." in desk.as_("lead of nothing").get("/reports/_dash-layout").text


def test_a_list_behind_a_figure_says_whose_tickets_it_has(desk):
    link = chart_mark_url(Counted(Measure.CREATED, today()))
    assert "now in a team of yours" in Page(desk.as_("lead").get(link).text).text
    assert "now in a team of yours" not in Page(desk.as_("manager").get(link).text).text


def test_nobody_widens_their_own_figures(desk):
    lead = desk.actor("lead")
    accounts = desk.services.users.accounts
    own = accounts.read(actor=SYSTEM, user_id=lead.user_id)
    with pytest.raises(Outranked):
        accounts.update(
            actor=lead, now=datetime.now(UTC), user_id=own.user_id, expected_version=own.version, name=own.name,
            email=own.email, role_id=own.role_id, active=True, team_ids=["billing", "devices"],
        )  # fmt: skip
    with pytest.raises(Outranked):
        accounts.create(
            actor=lead, now=datetime.now(UTC), name="Second", email="second@demo.example", role_id="lead",
            team_ids=["devices"], password=PASSWORD,
        )  # fmt: skip
    assert accounts.create(
        actor=lead, now=datetime.now(UTC), name="Deputy", email="deputy@demo.example", role_id="lead",
        team_ids=["billing"], password=PASSWORD,
    )  # fmt: skip


def test_the_roles_editor_offers_the_scope(desk):
    form = next(
        f for f in Page(desk.as_("administrator").get("/admin/roles/new/").text).forms if f.id == "role"
    )
    assert form.offers["scope_report:view"] == ["none", "team", "all"]
    filled = form.filled(name="Reader", **{"scope_report:view": "team"})
    assert desk.as_("administrator").post("/admin/roles/new/", data=filled).status_code == 302
    assert desk.services.users.roles.read("reader").permissions == {Permission.REPORT_VIEW: Scope.TEAM}
    for scope in ("own", "organization"):
        strange = form.filled(name="Strange", **{"scope_report:view": scope})
        assert desk.as_("administrator").post("/admin/roles/new/", data=strange).status_code == 400
