"""Who may do what, asked in one place."""

import itertools
from dataclasses import replace

import pytest

from models.role import Role as RoleItem
from services.errors import Invalid
from services.users.authorization import Outranked, RoleService
from services.users.identity import BUILT_IN, Permission, PermissionDenied, RoleNotFound, Scope, StaleRecord
from tests.services.harness import START, Harness

P = Permission


@pytest.fixture(scope="module")
def roles(harness: Harness) -> RoleService:
    return harness.services.users.roles


@pytest.fixture(scope="module")
def admin(harness):
    return harness.actor("administrator")


def test_the_four_built_in_roles(roles):
    stored = {role.role_id: role.permissions for role in roles.all() if role.builtin}
    assert stored == {role_id: dict(permissions) for role_id, (_, permissions) in BUILT_IN.items()}
    assert stored["administrator"] == dict.fromkeys(Permission, Scope.ALL)
    assert not any(scope.covers(Scope.TEAM) for scope in stored["customer"].values())


def test_built_in_roles_are_mended(roles):
    RoleItem(role_id="customer", name="Bent", permissions={"role:edit": "all"}).save()
    roles.ensure_built_in()
    assert roles.read("customer").permissions == BUILT_IN["customer"][1]


@pytest.mark.parametrize("scope", Scope)
def test_how_far_a_permission_reaches(harness, roles, scope):
    alone = harness.actor("agent", teams=["a"], permissions={P.TICKET_VIEW: scope}, stored=False)
    member = replace(alone, organization_id="o")
    things = itertools.product(
        (alone, member), (None, alone.user_id, "other"), (None, "a", "b"), (None, "o", "p")
    )
    for actor, owner, team, organization in things:
        mine, ours, shared = owner == actor.user_id, team == "a", actor is member and organization == "o"
        expected = {
            Scope.NONE: False, Scope.OWN: mine, Scope.ORGANIZATION: mine or shared,
            Scope.TEAM: mine or ours, Scope.ALL: True,
        }[scope]  # fmt: skip
        ask = {
            "actor": actor, "permission": P.TICKET_VIEW,
            "owner_id": owner, "team_id": team, "organization_id": organization,
        }  # fmt: skip
        assert roles.allows(**ask) == expected
        assert not roles.allows(**{**ask, "permission": P.TICKET_UPDATE})
        if not expected:
            with pytest.raises(PermissionDenied):
                roles.check_permission(**ask)


def test_a_custom_role(roles, admin):
    role = roles.save(
        now=START,
        actor=admin,
        role_id="night",
        name=" Night\n shift ",
        permissions={P.TICKET_VIEW: Scope.TEAM},
        expected_version=0,
    )
    assert (role.name, role.version, role.builtin) == ("Night shift", 1, False)
    assert roles.get("night") == roles.read("night") == role
    newer = roles.save(
        now=START,
        actor=admin,
        role_id="night",
        name="Night",
        permissions={P.TICKET_VIEW: Scope.NONE},
        expected_version=1,
    )
    assert (newer.version, newer.permissions) == (2, {})
    assert roles.get("night") == newer
    with pytest.raises(StaleRecord):
        roles.save(now=START, actor=admin, role_id="night", name="Late", permissions={}, expected_version=1)
    with pytest.raises(Invalid, match="taken"):
        roles.save(now=START, actor=admin, role_id="night", name="Again", permissions={}, expected_version=0)
    assert roles.read("night") == newer


def test_nobody_grants_more_than_they_have(harness, roles):
    keeper = harness.actor("manager", permissions={P.ROLE_EDIT: Scope.ALL, P.TICKET_VIEW: Scope.TEAM})
    for permissions in (
        {P.TICKET_VIEW: Scope.ALL},
        {P.USER_EDIT: Scope.ALL},
        {P.TICKET_VIEW: Scope.OWN, P.TICKET_NOTE: Scope.OWN},
    ):
        with pytest.raises(Outranked, match="more than your own"):
            roles.save(
                now=START,
                actor=keeper,
                role_id="much",
                name="Much",
                permissions=permissions,
                expected_version=0,
            )
    with pytest.raises(RoleNotFound):
        roles.read("much")
    role = roles.save(
        now=START,
        actor=keeper,
        role_id="little",
        name="Little",
        permissions={P.TICKET_VIEW: Scope.TEAM},
        expected_version=0,
    )
    assert role.permissions == {P.TICKET_VIEW: Scope.TEAM}


def test_only_those_who_may_edit_roles_do(harness, roles):
    for role in ("customer", "agent", "manager"):
        with pytest.raises(PermissionDenied):
            roles.save(
                now=START,
                actor=harness.actor(role),
                role_id="x",
                name="X",
                permissions={},
                expected_version=0,
            )


@pytest.mark.parametrize("role_id", BUILT_IN)
def test_built_in_roles_stay(roles, admin, role_id):
    with pytest.raises(Invalid, match="cannot be changed"):
        roles.save(now=START, actor=admin, role_id=role_id, name="Mine", permissions={}, expected_version=1)


@pytest.mark.parametrize("role_id", ["", " ", "A B", "x" * 61, "x" * 5000, "é", "\x00", "-x", "../x"])
def test_wild_ids(roles, admin, role_id):
    with pytest.raises(Invalid):
        roles.save(now=START, actor=admin, role_id=role_id, name="Name", permissions={}, expected_version=0)
    with pytest.raises(RoleNotFound):
        roles.get(role_id)


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "x" * 10**6, "\x00", "\ud800"])
def test_wild_names(roles, admin, name):
    with pytest.raises(Invalid) as refused:
        roles.save(now=START, actor=admin, role_id="wild", name=name, permissions={}, expected_version=0)
    assert refused.value.fields.keys() == {"name"}


def test_what_this_version_does_not_know_grants_nothing(roles):
    RoleItem(
        role_id="future",
        name="Future",
        permissions={"ticket:fly": "all", "ticket:view": "galaxy", "ticket:reply": "own"},
    ).save()
    assert roles.read("future").permissions == {P.TICKET_REPLY: Scope.OWN}


def test_every_permission_has_a_label_of_its_own_in_one_group():
    groups = [group for group, _ in itertools.groupby(Permission, lambda permission: permission.group)]
    assert len(groups) == len(set(groups)), "a group's permissions stand together"
    assert all(permission.group and permission.label for permission in Permission)
    assert len({permission.label for permission in Permission}) == len(Permission)


def test_a_permission_is_its_name():
    assert Permission("user:edit") is Permission.USER_EDIT
    assert f"{Permission.USER_EDIT}" == "user:edit"
    with pytest.raises(ValueError, match="user:fly"):
        Permission("user:fly")
