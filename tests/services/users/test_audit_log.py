"""Every administrative act leaves one entry, in its own transaction, without secrets."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import audit as audit_table
from models.audit import AuditEntry
from models.store_errors import VersionMoved
from pynamodb_grid.listing import Condition, ListRequest, Op, Sort
from services.users.identity import Permission, PermissionDenied, Scope, StaleRecord
from tests.services.harness import START

PASSWORD = "a secret nobody should ever read"


@pytest.fixture(scope="module")
def admin(harness):
    return harness.actor("administrator")


@pytest.fixture
def person(harness, admin):
    return harness.services.users.accounts.create(
        actor=admin, now=START, name="Bo", email=f"{harness.now().timestamp()}@example.org", role_id="agent",
        password=PASSWORD,
    )  # fmt: skip


def change(harness, admin, person, **fields):
    known = {"name": person.name, "email": person.email, "role_id": person.role_id, "active": True}
    return harness.services.users.accounts.update(
        actor=admin,
        now=harness.now(),
        user_id=person.user_id,
        expected_version=person.version,
        team_ids=(),
        **known | fields,
    )


def save_category(harness, admin, id_, name, seen):
    return harness.services.catalog.save(
        actor=admin, now=harness.now(), kind="team", id_=id_, name=name, active=True, expected_version=seen
    )


def acts(subject):
    return [(entry.action, entry.changes) for entry in audit_table.of_subject(subject)]


def test_people(harness, admin, person):
    change(harness, admin, person, role_id="manager")
    (created, facts), (changed, changes) = acts(f"user:{person.user_id}")
    assert (created, facts["name"], facts["role_id"]) == ("user.created", [None, "Bo"], [None, "agent"])
    assert (changed, changes) == ("user.changed", {"role_id": ["agent", "manager"]})


def test_a_refused_act_leaves_nothing(harness, admin, person):
    change(harness, admin, person, name="Boo")
    with pytest.raises(StaleRecord):
        change(harness, admin, person, name="Bob")
    assert [action for action, _ in acts(f"user:{person.user_id}")] == ["user.created", "user.changed"]


def test_roles_and_lists(harness, admin):
    roles, catalog = harness.services.users.roles, harness.services.catalog
    for seen, scope in ((0, Scope.TEAM), (1, Scope.ALL)):
        roles.save(
            actor=admin, now=harness.now(), role_id="tracked", name="Tracked", expected_version=seen,
            permissions={Permission.TICKET_VIEW: scope},
        )  # fmt: skip
    assert acts("role:tracked")[1] == ("role.changed", {"ticket:view": ["team", "all"]})
    team = catalog.save(
        actor=admin, now=harness.now(), kind="team", id_=None, name="Night", active=True, expected_version=0
    )
    catalog.save(
        actor=admin, now=harness.now(), kind="team", id_=team.id, name="Day", active=True, expected_version=1
    )
    assert acts(f"team:{team.id}") == [
        ("team.created", {"name": [None, "Night"], "active": [None, True]}),
        ("team.changed", {"name": ["Night", "Day"]}),
    ]


def test_no_secret_is_in_it(harness, admin, person):
    stored = "".join(str(entry.serialize()) for entry in AuditEntry.scan())
    assert person.user_id in stored
    assert PASSWORD not in stored
    assert "argon2" not in stored


def test_an_entry_is_never_replaced(harness, admin, person):
    entry = next(audit_table.of_subject(f"user:{person.user_id}"))
    with pytest.raises(VersionMoved):
        audit_table.add(entry)


def test_the_latest_first_and_only_for_those_who_may(harness, admin, person):
    audit_log, request = (
        harness.services.users.audit_log,
        ListRequest(sort=Sort("entry_key", descending=True), size=10),
    )
    change(harness, admin, person, name="Last of all")
    page = audit_log.page(actor=admin, request=request)
    assert page.rows[0].changes == {"name": ["Bo", "Last of all"]}
    assert [row.key for row in page.rows] == sorted((row.key for row in page.rows), reverse=True)
    of_one = ListRequest(conditions=(Condition("subject", Op.EQ, f"user:{person.user_id}"),), size=10)
    assert len(audit_log.page(actor=admin, request=of_one).rows) == 2
    assert len(list(audit_log.iterate(actor=admin, conditions=of_one.conditions, sort=None))) == 2
    for role in ("customer", "agent", "manager"):
        with pytest.raises(PermissionDenied):
            audit_log.page(actor=harness.actor(role), request=request)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["agent", "manager", "customer"]), min_size=1, max_size=5))
def test_the_audit_log_of_a_user_tells_how_they_came_to_be_as_they_are(harness, admin, person, roles):
    current = harness.services.users.accounts.read(actor=admin, user_id=person.user_id)
    for role in roles:
        current = change(harness, admin, current, role_id=role)
    folded = {}
    for _, changes in acts(f"user:{person.user_id}"):
        for name, (before, after) in changes.items():
            assert folded.get(name) == before
            folded[name] = after
    assert folded["role_id"] == current.role_id
