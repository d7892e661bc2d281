"""The form of an account looks teams and organizations up, so that it does not grow with their number."""

from datetime import UTC, datetime

import pytest

from services.users.identity import SYSTEM
from tests.portal.pages import Page
from tests.portal.test_user_grids import new_person, person, the_form

PATH = "/admin/users/new/"
MANY = 60


def add_many(site, prefix: str) -> None:
    for n in range(MANY):
        name, at = f"{prefix} {n:02d}", datetime.now(UTC)
        site.services.catalog.save(
            actor=SYSTEM, now=at, kind="team", id_=None, name=name, active=True, expected_version=0
        )
        site.services.users.organizations.save(
            actor=SYSTEM, now=at, id_=None, name=name, active=True, shares_tickets=False, domains=[],
            expected_version=0,
        )  # fmt: skip


def weight(site) -> int:
    return len(site.as_("administrator").get(PATH).get_data())


@pytest.fixture(scope="module")
def _many(site):
    add_many(site, "Unit")


def team_id(site, name: str) -> str:
    return next(team.id for team in site.services.catalog.teams() if team.name == name)


@pytest.mark.usefixtures("_many")
class TestManyOfThem:
    def test_the_form_does_not_grow(self, site):
        before = weight(site)
        add_many(site, "Other")
        assert abs(weight(site) - before) < 100

    def test_without_a_script_a_text_names_them(self, site):
        answer = new_person(
            site, "typed@demo.example", team_ids_text="unit 07", organization_id_text="Unit 11"
        )
        assert answer.status_code == 302
        user = person(site, "typed@demo.example")
        assert user.team_ids == (team_id(site, "Unit 07"),)
        names = site.services.users.organizations.names()
        assert names[user.organization_id] == "Unit 11"

    def test_a_text_adds_to_what_is_ticked(self, site):
        ticked = team_id(site, "Unit 20")
        new_person(site, "both@demo.example", team_ids=ticked, team_ids_text="Unit 21")
        both = person(site, "both@demo.example").team_ids
        assert set(both) == {ticked, team_id(site, "Unit 21")}

    @pytest.mark.parametrize(
        ("field", "text", "message"),
        [
            ("team_ids", "Unit", "Several match “Unit”: Unit 00, Unit 01, Unit 02."),
            ("team_ids", "nowhere", "Nothing matches “nowhere”."),
            ("organization_id", "Unit", "Several match “Unit”"),
            ("organization_id", "nowhere", "Nothing matches “nowhere”."),
        ],
    )
    def test_a_text_that_names_none_or_several_is_refused(self, site, field, text, message):
        ticked = team_id(site, "Unit 30")
        answer = new_person(site, "refused@demo.example", team_ids=ticked, **{f"{field}_text": text})
        assert answer.status_code == 400
        page = Page(answer.text)
        assert message in page.text
        form = the_form(page)
        assert form.one(f"{field}_text") == text
        assert form.fields["team_ids"] == [ticked]
        assert person(site, "refused@demo.example") is None

    def test_what_is_chosen_stays_when_nothing_is_touched_and_goes_when_it_is_cleared(self, site):
        new_person(site, "kept@demo.example", team_ids_text="Unit 40", organization_id_text="Unit 41")
        before = person(site, "kept@demo.example")
        path = f"/admin/users/edit/?id={before.user_id}"
        form = the_form(site.read("administrator", path))
        assert form.one("organization_id_text") == "Unit 41"
        assert site.as_("administrator").post(path, data=dict(form.fields)).status_code == 302
        assert person(site, "kept@demo.example").organization_id == before.organization_id
        form.fields["organization_id_text"] = [""]
        assert site.as_("administrator").post(path, data=dict(form.fields)).status_code == 302
        cleared = person(site, "kept@demo.example")
        assert (cleared.organization_id, cleared.team_ids) == (None, before.team_ids)
