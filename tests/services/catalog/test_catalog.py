"""Teams and categories."""

import pytest

from models.setting import Setting
from services.catalog import Entry, EntryChanged
from services.errors import Invalid, NotFound
from services.text import slug
from services.users.identity import PermissionDenied
from tests.services.harness import START


@pytest.fixture(scope="module")
def admin(harness):
    return harness.actor("administrator")


@pytest.fixture
def save(harness, admin):
    def write(name, id_=None, *, expected_version=0, active=True, kind="team", actor=admin, **more):
        return harness.services.catalog.save(
            now=START,
            actor=actor,
            kind=kind,
            id_=id_,
            name=name,
            active=active,
            expected_version=expected_version,
            **more,
        )

    return write


def test_an_entry_is_created_renamed_and_switched_off(harness, save):
    entry = save(" Field\n service ")
    assert entry == Entry("team", "field-service", 1, "Field service", True)
    renamed = save("Field team", entry.id, expected_version=1, active=False)
    assert renamed == Entry("team", "field-service", 2, "Field team", False)
    assert harness.services.catalog.get("team", entry.id) == renamed
    assert harness.services.catalog.names("team")["field-service"] == "Field team"
    with pytest.raises(EntryChanged):
        save("Late", entry.id, expected_version=1)


@pytest.mark.parametrize("name", ["Support", "SUPPORT", " support "])
def test_a_name_is_taken_once(save, name):
    with pytest.raises(Invalid, match="taken"):
        save(name)


def test_names_that_look_alike_get_ids_of_their_own(save):
    assert [save(name).id for name in ("A-B", "A B", "A_B")] == ["a-b", "a-b-2", "a-b-3"]


@pytest.mark.parametrize("name", ["支払い", "Бухгалтерия", "الدعم", "²"])
def test_names_of_all_scripts(harness, save, name):
    entry = save(name, kind="category")
    assert entry.id
    assert entry in harness.services.catalog.categories()
    assert save(f"{name} 2", entry.id, expected_version=1, kind="category").id == entry.id


def test_numbers_sort_as_numbers(harness, save):
    for name in ("Group 10", "Group 9", "Group 9²", "Group ①", "Group ٣"):
        save(name, kind="category")
    names = [entry.name for entry in harness.services.catalog.categories() if entry.name.startswith("Group")]
    assert names.index("Group 9") < names.index("Group 10")


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "x" * 10**6, "\x00", "\ud800", "!!!", "—"])
def test_wild_names(save, name):
    with pytest.raises(Invalid) as refused:
        save(name)
    assert refused.value.fields.keys() == {"name"}


@pytest.mark.parametrize("id_", ["", "nothing", "x" * 5000, "\ud800"])
def test_wild_ids(harness, save, id_):
    for expected_version in (0, 1):
        with pytest.raises(NotFound):
            save("Some name", id_, expected_version=expected_version)
    with pytest.raises(NotFound):
        harness.services.catalog.get("team", id_)


def test_other_kinds_are_not_for_editing(harness, save):
    with pytest.raises(NotFound):
        harness.services.catalog.get("counter", "tickets")
    with pytest.raises(Invalid):
        save("tickets", kind="counter")


def test_only_those_who_may_edit_settings_do(harness, save):
    for role in ("customer", "agent", "manager"):
        with pytest.raises(PermissionDenied):
            save("Never", actor=harness.actor(role))


def test_what_an_import_brings_stays_as_it_is(harness, admin):
    catalog = harness.services.catalog
    catalog.upsert("team", [("g1", "Group one"), ("support", "Another name")])
    catalog.upsert("team", [("g1", "Something else")])
    assert catalog.names("team")["g1"] == "Group one"
    assert catalog.names("team")["support"] == "Support"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Café & Bar", "cafe-bar"), ("  ", ""), ("!", ""), ("x" * 99, "x" * 60), ("Group 07", "group-07")],
)
def test_slugs(name, expected):
    assert slug(name) == expected


def test_what_another_process_has_just_made_is_offered_at_once(elsewhere, save):
    known = elsewhere.services.catalog
    assert known.names("team")
    assert known.names("category")
    team, category = save("Night shift"), save("Doors", kind="category")
    assert known.offers("team", team.id)
    assert known.offers("category", category.id)
    assert team.id in known.offered_teams()
    assert not known.offers("team", "nobody")
    save("Night shift", team.id, expected_version=1, active=False)
    assert not elsewhere.services.catalog.offers("team", team.id)


class TestOfferedToCustomers:
    def open(self, harness, by, category):
        return harness.ticket(by, category=category)

    def test_an_imported_category_is_for_those_who_work_on_tickets(self, harness, agent, customer):
        harness.services.catalog.upsert("category", [("cat-55", "Category 55")])
        assert self.open(harness, agent, "cat-55").category == "cat-55"
        with pytest.raises(Invalid, match="category"):
            self.open(harness, customer, "cat-55")

    def test_an_administrator_changes_that(self, harness, customer, save):
        entry = save("Tax", kind="category")
        assert self.open(harness, customer, entry.id).category == entry.id
        entry = save(
            "Tax", id_=entry.id, kind="category", expected_version=entry.version, offered_to_customers=False
        )
        with pytest.raises(Invalid):
            self.open(harness, customer, entry.id)
        save("Tax", id_=entry.id, kind="category", expected_version=entry.version, offered_to_customers=True)
        assert self.open(harness, customer, entry.id).category == entry.id

    def test_categories_of_release_0_2_0_stay_offered(self, harness, customer):
        """Their items do not say whom they are offered to."""
        Setting(kind="category", id="old", value={"name": "Old", "active": True}).save()
        assert self.open(harness, customer, "old").category == "old"

    def test_teams_know_nothing_of_it(self, save):
        assert (
            "offered_to_customers" not in Setting.get("team", save("Team of the sea", kind="team").id).value
        )
