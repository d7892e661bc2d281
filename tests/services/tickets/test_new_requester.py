"""A person and their first ticket, made in one act."""

import pytest

from models import user as user_table
from models.user import AddressClaimed
from services.errors import Invalid
from services.users.authorization import Outranked
from services.users.identity import SYSTEM, AddressTaken, Permission, PermissionDenied, Scope
from tests.services.harness import START
from tests.writes import recorded

KEY = "0123456789abcdef0123456789abcdef"


def _open(harness, agent, requester, **changes):
    values = {"subject": "Printer on fire", "body": "Smoke comes out of it.", **changes}
    return harness.services.tickets.service.create_with_requester(
        actor=agent, now=harness.now(), requester=requester, **values
    )


@pytest.fixture
def prepare(harness, agent):
    def make(name="Lena Voss", email="lena@voss.example", *, actor=agent, **more):
        return harness.services.users.new_customers.prepare(
            actor=actor, now=harness.now(), name=name, email=email, **more
        )

    return make


def test_the_person_exists_with_the_ticket(harness, agent, prepare):
    customer = prepare()
    assert user_table.find_by_email("lena@voss.example") is None
    ticket = _open(harness, agent, customer, channel="phone")
    stored = harness.services.users.accounts.find_by_email("lena@voss.example")
    assert (stored.user_id, stored.name, stored.role_id) == (ticket.requester_id, "Lena Voss", "customer")
    assert ticket.channel == "phone"
    assert harness.violations(ticket) == []
    harness.services.users.new_customers.written(customer)
    (one,) = harness.services.users.directory.search(actor=agent, text="voss lena", most=5).people
    assert one.user_id == stored.user_id
    events = harness.services.users.audit_log.iterate(actor=SYSTEM, conditions=(), sort=None)
    (event,) = (event for event in events if event.subject == f"user:{stored.user_id}")
    assert (event.action, event.actor_id) == ("user.created", agent.user_id)


def test_a_ticket_that_is_refused_leaves_nobody(harness, agent, prepare):
    customer = prepare(email="nobody@voss.example")
    with recorded() as writes, pytest.raises(Invalid):
        _open(harness, agent, customer, subject="")
    assert not writes
    assert user_table.find_by_email("nobody@voss.example") is None


def test_a_form_that_arrives_twice_adds_one_person_and_one_ticket(harness, agent, prepare):
    tickets = []
    for _ in range(2):
        customer = prepare(email="twice@voss.example", idempotency_key=KEY)
        tickets.append(_open(harness, agent, customer, idempotency_key=KEY))
    assert tickets[0].ticket_id == tickets[1].ticket_id
    assert tickets[0].requester_id == tickets[1].requester_id


def test_an_address_that_somebody_takes_meanwhile_is_refused(harness, agent, prepare):
    customer = prepare(email="race@voss.example")
    harness.services.users.accounts.create(
        actor=SYSTEM, now=START, name="Faster", email="race@voss.example", role_id="customer", invite=False
    )
    with pytest.raises(AddressTaken):
        _open(harness, agent, customer)
    with pytest.raises(AddressTaken):
        prepare(email="race@voss.example")
    assert issubclass(AddressClaimed, Exception)


def test_somebody_without_an_address_can_call(harness, agent, prepare):
    ticket = _open(harness, agent, prepare(name="No Mail", email=""))
    assert harness.services.users.accounts.get(ticket.requester_id).email is None


def test_the_organization_follows_the_domain_or_the_choice(harness, agent, prepare):
    organization = harness.services.users.organizations.save(
        actor=SYSTEM, now=START, id_=None, name="Brandt & Söhne", active=True, shares_tickets=False,
        domains=["brandt.example"], expected_version=0,
    )  # fmt: skip
    by_domain = _open(harness, agent, prepare(email="a@brandt.example"))
    assert by_domain.organization_id == organization.id
    chosen = _open(harness, agent, prepare(email="b@else.example", organization_id=organization.id))
    assert chosen.organization_id == organization.id
    none = _open(harness, agent, prepare(email="c@brandt.example", organization_id=""))
    assert none.organization_id is None


def test_only_those_who_open_tickets_for_others_add_people(harness, prepare):
    for actor in (
        harness.actor("customer"),
        harness.actor(
            "customer", permissions={Permission.TICKET_NOTE: Scope.ALL, Permission.TICKET_CREATE: Scope.OWN}
        ),
    ):
        with pytest.raises(PermissionDenied):
            prepare(actor=actor, email="added@nobody.example")
    less = harness.actor(
        "agent", permissions={Permission.TICKET_NOTE: Scope.ALL, Permission.TICKET_CREATE: Scope.ALL}
    )
    with pytest.raises(Outranked):
        prepare(actor=less, email="added@nobody.example")  # a customer sees their own tickets


@pytest.mark.parametrize(("field", "value"), [("name", ""), ("name", "\u3164"), ("email", "no address")])
def test_what_cannot_be_is_refused(prepare, field, value):
    with pytest.raises(Invalid) as refused:
        prepare(**{field: value})
    assert refused.value.fields.keys() == {field}


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Lena Voss, Nordwerk, lena@w.example", ("Lena Voss", "lena@w.example", "Nordwerk", "", "")),
        ("lena@w.example; NORDWERK; Lena Voss", ("Lena Voss", "lena@w.example", "Nordwerk", "", "")),
        ("Lena Voss <lena@nordwerk.example>", ("Lena Voss", "lena@nordwerk.example", "Nordwerk", "", "")),
        ("+49 30 5550 174, Lena Voss", ("Lena Voss", "", "", "+49 30 5550 174", "")),
        ("Lena Voss, Unheard Of", ("Lena Voss", "", "", "", "Unheard Of")),
        ("lena@w.example", ("", "lena@w.example", "", "", "")),
        ("Nordwerk", ("", "", "Nordwerk", "", "")),
        ("", ("", "", "", "", "")),
        ("x" * 5000 + "@", ("x" * 1000, "", "", "", "")),
    ],
)
def test_one_line_in_any_order(harness, line, parts):
    organizations = harness.services.users.organizations
    if "nordwerk" not in organizations.names():
        organizations.save(
            actor=SYSTEM, now=START, id_=None, name="Nordwerk", active=True, shares_tickets=False,
            domains=["nordwerk.example"], expected_version=0,
        )  # fmt: skip
    told = harness.services.users.new_customers.read_line(line)
    assert (told.name, told.email, told.organization, told.phone, told.unknown_organization) == parts
