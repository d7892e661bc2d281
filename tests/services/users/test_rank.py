"""Nobody reaches further than they may: not by a role, a team, somebody's eyes, or a door that was shut."""

import uuid

import pytest

from models import audit
from models import user as user_table
from services.errors import Invalid, Throttled
from services.users.accounts import LinkSpent, Purpose
from services.users.accounts.signed_links import Link
from services.users.authorization import Outranked
from services.users.credentials import Origin
from services.users.identity import SYSTEM, Permission, Scope
from services.users.sign_in.current_actor import may_view_as

P = Permission
PASSWORD = "violet tractor under snowfall"


RIGHTS = {
    P.USER_EDIT: Scope.ALL,
    P.USER_VIEW: Scope.ALL,
    P.USER_VIEW_AS: Scope.ALL,
    P.TICKET_VIEW: Scope.TEAM,
}


@pytest.fixture(scope="module")
def lead(harness):
    """Somebody who runs people, and whose role reaches one team."""
    harness.services.users.roles.save(
        actor=SYSTEM, now=harness.now(), role_id="lead", name="Lead", permissions=RIGHTS, expected_version=0
    )
    return harness.actor("lead", teams=["billing"], permissions=RIGHTS)


def change(harness, actor, user_id, **fields):
    item = user_table.find(user_id)
    known = {"name": item.name, "email": item.email or "", "role_id": item.role_id, "active": True}
    known["team_ids"] = item.team_ids
    return harness.services.users.accounts.update(
        actor=actor, now=harness.now(), user_id=user_id, expected_version=item.version, **known | fields
    )


def test_a_team_is_not_joined_by_who_would_see_more_by_it(harness, lead):
    with pytest.raises(Invalid, match="your own teams"):
        change(harness, lead, lead.user_id, team_ids=["billing", "devices"])
    assert change(harness, lead, lead.user_id, name="Other Name").name == "Other Name"
    administrator = harness.actor("administrator")
    assert change(harness, administrator, administrator.user_id, team_ids=["devices"]).team_ids == (
        "devices",
    )


def test_ones_own_address_is_changed_where_a_link_confirms_it(harness):
    administrator = harness.actor("administrator")
    with pytest.raises(Invalid, match="your account page"):
        change(harness, administrator, administrator.user_id, email="thief@elsewhere.example")


def test_who_reaches_a_team_sees_no_other_through_its_people(harness, lead):
    role = harness.services.users.roles.get("lead")
    other = harness.services.users.accounts.get(
        harness.actor("lead", teams=["devices"], permissions={}).user_id
    )
    assert not may_view_as(lead, other, role)
    assert may_view_as(harness.actor("administrator"), other, role)


def test_a_role_that_allows_more_is_not_emptied_by_who_may_less(harness):
    wide = {P.USER_EDIT: Scope.ALL, P.AUDIT_VIEW: Scope.ALL}
    roles, now = harness.services.users.roles, harness.now()
    roles.save(actor=SYSTEM, now=now, role_id="wide", name="Wide", permissions=wide, expected_version=0)
    narrow = harness.actor("narrow", permissions={P.ROLE_EDIT: Scope.ALL, P.ROLE_VIEW: Scope.ALL})
    with pytest.raises(Outranked, match="allows more than your own"):
        roles.save(actor=narrow, now=now, role_id="wide", name="Wide", permissions={}, expected_version=1)
    assert roles.read("wide").permissions == wide


def test_ones_own_password_cannot_be_guessed_without_end(harness):
    email = f"{uuid.uuid4().hex}@example.org"
    user = harness.services.users.accounts.create(
        actor=SYSTEM, now=harness.now(), name="Guessed", email=email, role_id="agent", password=PASSWORD
    )
    token = harness.services.users.sessions.start(user_id=user.user_id, now=harness.now())
    actor = harness.services.users.authentication.actor_for(
        token=token, now=harness.now(), address="192.0.2.77"
    )

    def guess():
        harness.services.users.own_account.change_password(
            actor=actor,
            current="wrong",
            password=PASSWORD,
            session_id=actor.session_id,
            revoke_tokens=False,
            now=harness.now(),
        )

    refused = []
    while not refused or isinstance(refused[-1], Invalid):
        assert len(refused) < 60
        try:
            guess()
        except (Invalid, Throttled) as refusal:
            refused.append(refusal)
    assert isinstance(refused[-1], Throttled)


def test_who_comes_through_a_provider_gets_no_password_by_any_email(harness):
    email = f"{uuid.uuid4().hex}@example.org"
    user = harness.services.users.accounts.create(
        actor=SYSTEM, now=harness.now(), name="FederatedIdentity", email=email, role_id="agent", invite=False
    )
    accounts, item = harness.services.users.own_account, user_table.find(user.user_id)
    accounts.send_link(item, Purpose.WELCOME, harness.now())
    nonce = user_table.find(user.user_id).links[Purpose.WELCOME][0]
    token = accounts._links.token(Link(user.user_id, Purpose.WELCOME, nonce))
    user_table.update(user.user_id, identities=["corp|1"])
    assert accounts.link_for(user_table.find(user.user_id)) is None
    with pytest.raises(LinkSpent):
        accounts.choose_password(
            token=token, purpose=Purpose.WELCOME, password=PASSWORD, origin=Origin(), now=harness.now()
        )
    assert user_table.find(user.user_id).password_hash is None


def test_erasure_takes_the_address_that_somebody_first_came_from(harness):
    person = harness.actor("customer")
    item = harness.services.users.audit_writer.entry(
        actor=SYSTEM, now=harness.now(), action="user.created", subject=f"user:{person.user_id}",
        after={"role_id": "customer"},
    )  # fmt: skip
    item.address = "203.0.113.9"
    item.save()
    administrator = harness.actor("administrator")
    erasures = harness.services.privacy.erasures
    erasures.ask(
        actor=administrator, user_id=person.user_id, confirmed=user_table.find(person.user_id).name,
        now=harness.now(),
    )  # fmt: skip
    for _ in range(30):
        erasures.advance(now=harness.now())
    about = list(audit.of_subject(f"user:{person.user_id}"))
    assert about
    assert "203.0.113.9" not in [one.address for one in about]
