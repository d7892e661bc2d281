"""Organizations: who keeps them, and whom an address's domain puts where."""

import pytest

from services.errors import Invalid, NotFound
from services.users.identity import SYSTEM, PermissionDenied, StaleRecord
from tests.services.harness import START


@pytest.fixture
def save(harness):
    def write(name, *, actor=SYSTEM, id_=None, expected_version=0, active=True, shares=False, domains=()):
        return harness.services.users.organizations.save(
            actor=actor,
            now=START,
            id_=id_,
            name=name,
            active=active,
            shares_tickets=shares,
            expected_version=expected_version,
            domains=domains,
        )

    return write


def test_an_organization_is_kept(harness, save):
    organization = save(
        "  Nord   Süd ", domains=["@Nord.example", "nord.example", "", "süd.example"], shares=True
    )
    assert (organization.id, organization.name, organization.domains) == (
        "nord-sud",
        "Nord Süd",
        ("nord.example", "xn--sd-xka.example"),
    )
    assert harness.services.users.organizations.get(organization.id) == organization
    changed = save("Nord", id_=organization.id, expected_version=1)
    assert (changed.version, changed.shares_tickets, changed.domains) == (2, False, ())
    with pytest.raises(StaleRecord):
        save("Nordic", id_=organization.id, expected_version=1)
    with pytest.raises(NotFound):
        save("Nobody", id_="nobody", expected_version=1)
    events = harness.services.users.audit_log.iterate(actor=SYSTEM, conditions=(), sort=None)
    shared = [
        event.changes["shares_tickets"]
        for event in events
        if event.subject == f"organization:{organization.id}"
    ]
    assert sorted(shared, key=str) == [[None, True], [True, False]]


@pytest.mark.parametrize(
    ("name", "domains", "field"),
    [
        ("", [], "name"),
        ("x" * 81, [], "name"),
        ("TAKEN", [], "name"),
        ("...", [], "name"),
        ("New", ["taken.example"], "domains"),
        ("New", ["no domain"], "domains"),
        ("New", ["a@b.example"], "domains"),
        ("New", [f"d{number}.example" for number in range(51)], "domains"),
    ],
    ids=["no name", "long", "taken", "no letter", "domain taken", "no domain", "an address", "too many"],
)
def test_what_is_refused(harness, save, name, domains, field):
    if not any(each.name == "Taken" for each in harness.services.users.organizations.stored()):
        save("Taken", domains=["taken.example"])
    with pytest.raises(Invalid) as refused:
        save(name, domains=domains)
    assert refused.value.fields.keys() == {field}


def test_what_another_process_has_just_made_takes_people_at_once(harness, elsewhere, save):
    before = elsewhere.services.users.organizations
    assert before.shared_by("fresh") is None, "it has read all there are"
    organization = save("Fresh", domains=["fresh.example"])
    assert before.changed(None, organization.id) == organization.id
    assert before.for_new_user("new@fresh.example", "customer", None) == organization.id
    assert before.names()[organization.id] == "Fresh"
    text = "name,email,organization\nNew,new@fresh.example,Fresh"
    assert elsewhere.services.users.user_import.plan(actor=SYSTEM, text=text).count("new") == 1


def test_only_who_may_keeps_them(harness, save, agent, customer):
    for actor in (agent, customer, harness.actor("manager")):
        with pytest.raises(PermissionDenied):
            save("Mine", actor=actor)


def test_the_domain_of_an_address_decides_for_new_customers(harness, save):
    organization = save("Domain Ltd", domains=["domain.example"])
    other = save("Elsewhere")
    off = save("Off", domains=["off.example"], active=False)

    def create(email, role_id="customer", **requested):
        return harness.services.users.accounts.create(
            actor=SYSTEM, now=START, name="N", email=email, role_id=role_id, invite=False, **requested
        ).organization_id

    assert create("a@DOMAIN.example") == organization.id
    assert create("b@domain.example", organization_id=other.id) == other.id
    assert create("c@domain.example", organization_id="") is None
    assert create("d@domain.example", role_id="agent") is None
    assert create("e@sub.domain.example") is None
    assert create("f@off.example") is None
    for unknown in ("nobody", off.id):
        with pytest.raises(Invalid) as refused:
            create("g@domain.example", organization_id=unknown)
        assert refused.value.fields.keys() == {"organization_id"}


def test_people_stay_in_one_that_was_switched_off(harness, save):
    organization = save("Closing")
    users = harness.services.users.accounts
    user = users.create(
        actor=SYSTEM,
        now=START,
        name="N",
        email="n@closing.example",
        role_id="customer",
        invite=False,
        organization_id=organization.id,
    )
    save("Closing", id_=organization.id, active=False, expected_version=1)

    def update(expected_version, organization_id):
        return users.update(
            actor=SYSTEM,
            now=START,
            user_id=user.user_id,
            expected_version=expected_version,
            name="M",
            email=user.email,
            role_id="customer",
            active=True,
            team_ids=(),
            organization_id=organization_id,
        ).organization_id

    assert update(1, organization.id) == organization.id
    assert update(2, None) == organization.id
    assert update(3, "") is None
    with pytest.raises(Invalid):
        update(4, organization.id)
