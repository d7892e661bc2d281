"""The last administrator stays, whoever tries what, and however many try at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import optimistic_locks
from models import role as role_table
from models import user as user_table
from models.user import User as UserItem
from services.errors import Invalid
from services.users.authorization import LastAdministrator
from services.users.authorization.last_administrator import LOCK_ID, AccountStatus
from services.users.identity import BUILT_IN, SYSTEM, Permission, Scope, StaleRecord, User
from tests.patience import PATIENCE
from tests.services.conftest import open_harness
from tests.services.harness import START, Harness

ALL = BUILT_IN["administrator"][1]
OFFICE = "office"  # a role of one's own that has the same powers
LAST = "Nobody else has all rights of an administrator"


@pytest.fixture(scope="module")
def harness(tables, tmp_path_factory):
    harness = open_harness(tables, tmp_path_factory.mktemp("analytics"))
    harness.services.users.roles.save(
        actor=SYSTEM, role_id=OFFICE, name="Office", permissions=dict(ALL), expected_version=0, now=START
    )
    return harness


@pytest.fixture(autouse=True)
def nobody(harness: Harness) -> None:
    """Begin each test without administrators, and without a guard."""
    clear()


def clear() -> None:
    for item in UserItem.scan():
        item.delete()
    for item in optimistic_locks.setting.of_kind(optimistic_locks.KIND):
        item.delete()


def person(name: str, role: str = "administrator", **more: object) -> User:
    """Write a person who can sign in."""
    values = {"email": f"{name}@example.org", "password_hash": "argon2", "created_at": START} | more
    UserItem(user_id=name, name=name, sort_name=name, role_id=role, **values).save()
    return User.from_model(user_table.find(name))


def change(harness: Harness, user: User, actor=SYSTEM, **changes: object) -> User:
    fields = {name: getattr(user, name) for name in ("name", "email", "role_id", "active", "team_ids")}
    return harness.services.users.accounts.update(
        now=START, actor=actor, user_id=user.user_id, expected_version=user.version, **{**fields, **changes}
    )


def redefine(harness: Harness, permissions: dict[Permission, Scope]) -> None:
    role = harness.services.users.roles.read(OFFICE)
    harness.services.users.roles.save(
        actor=SYSTEM,
        role_id=OFFICE,
        name="Office",
        permissions=permissions,
        expected_version=role.version,
        now=START,
    )


def left() -> set[str]:
    """List who can sign in and has all rights, from the tables themselves."""
    roles = {"administrator"} | ({OFFICE} if _office_is_administrator() else set())
    return {
        item.user_id
        for item in UserItem.scan()
        if item.active and item.role_id in roles and AccountStatus.of(item).can_sign_in
    }


def _office_is_administrator() -> bool:
    stored = role_table.find(OFFICE).permissions
    return all(stored.get(str(permission)) == "all" for permission in Permission)


@pytest.mark.parametrize("changes", [{"role_id": "agent"}, {"active": False}])
@pytest.mark.parametrize("role", ["administrator", OFFICE])
def test_the_last_one_stays_until_there_is_another(harness, role, changes):
    last = person("last", role)
    person("suspended", active=False)
    person("invited", password_hash=None)
    person("imported", email=None)
    person("clerk", "manager")
    with pytest.raises(LastAdministrator, match=LAST):
        change(harness, last, **changes)
    assert left() == {"last"}
    assert change(harness, last, name="Still here").active, "what does not concern the circle stays possible"
    change(harness, person("next", "agent"), role_id=OFFICE)
    change(harness, harness.services.users.accounts.read(actor=SYSTEM, user_id="last"), **changes)
    assert left() == {"next"}


def test_who_cannot_sign_in_may_go(harness):
    change(harness, person("invited", password_hash=None), role_id="agent")
    change(harness, person("only"), name="Only")
    assert left() == {"only"}


@pytest.mark.parametrize("taken", [Permission.ROLE_EDIT, Permission.AUDIT_VIEW, Permission.TICKET_NOTE])
def test_a_role_keeps_its_powers_while_nobody_else_has_them(harness, taken):
    person("one", OFFICE)
    person("two", OFFICE)
    less = {**ALL, taken: Scope.TEAM if taken is Permission.TICKET_NOTE else Scope.NONE}
    with pytest.raises(LastAdministrator, match=LAST):
        redefine(harness, less)
    person("third")
    redefine(harness, less)
    assert left() == {"third"}
    redefine(harness, dict(ALL))
    assert left() == {"one", "two", "third"}


def test_somebody_with_most_rights_does_not_replace_the_last_administrator(harness):
    """Who may edit users and roles, but not everything, could not give the rest back."""
    redefine(harness, {**ALL, Permission.SETTING_EDIT: Scope.NONE})
    person("most", OFFICE)
    last = person("last")
    with pytest.raises(LastAdministrator):
        change(harness, last, role_id="agent")
    redefine(harness, dict(ALL))
    change(harness, last, role_id="agent")
    assert left() == {"most"}


def test_the_last_one_is_not_erased(harness):
    last, erasures = person("last"), harness.services.privacy.erasures

    def erase():
        erasures.ask(actor=SYSTEM, user_id=last.user_id, confirmed="last", now=START)

    with pytest.raises(Invalid, match=LAST):
        erase()
    assert LAST in erasures.preview(actor=SYSTEM, user_id=last.user_id).refusal
    assert left() == {"last"}
    person("other")
    erase()
    assert left() == {"other"}


@pytest.mark.parametrize("late", [["demoted"], []], ids=["still lists the demoted", "lists nobody yet"])
def test_an_index_that_is_late_decides_nothing(harness, late, monkeypatch):
    person("last")
    person("demoted", "agent")
    stale = [UserItem(user_id=name) for name in late]
    monkeypatch.setattr(user_table, "accounts_of_role", lambda *_: stale)
    with pytest.raises(LastAdministrator):
        change(harness, user_of(harness, "last"), active=False)
    change(harness, person("promoted", "agent"), role_id="administrator")
    change(harness, user_of(harness, "last"), active=False)
    assert left() == {"promoted"}, "the guard remembers whom the index does not know yet"


def user_of(harness: Harness, name: str) -> User:
    return harness.services.users.accounts.read(actor=SYSTEM, user_id=name)


@pytest.mark.parametrize("count", [2, 5])
def test_administrators_who_demote_each_other_at_once(harness, count):
    for _ in range(3):
        clear()
        people = [person(f"p{number}") for number in range(count)]
        start = threading.Barrier(count)

        def demote(number, people=people, start=start):
            me = harness.actor("administrator", stored=False)
            start.wait(PATIENCE)
            try:
                change(harness, people[(number + 1) % count], actor=me, role_id="agent")
            except LastAdministrator:
                return "last"
            return "done"

        with ThreadPoolExecutor(count) as pool:
            ended = list(pool.map(demote, range(count)))
        assert sorted(ended) == ["done"] * (count - 1) + ["last"]
        assert len(left()) == 1


def test_people_and_their_role_change_at_once(harness):
    """One moves the last administrators into a role just when that role loses its powers."""
    for _ in range(3):
        clear()
        redefine(harness, dict(ALL))
        people = [person("a"), person("b")]
        start = threading.Barrier(3)

        def move(user, start=start):
            start.wait(PATIENCE)
            try:
                change(harness, user, role_id=OFFICE)
            except (LastAdministrator, StaleRecord):
                return

        def weaken(start=start):
            start.wait(PATIENCE)
            try:
                redefine(harness, {Permission.USER_EDIT: Scope.ALL})
            except (LastAdministrator, StaleRecord):
                return

        with ThreadPoolExecutor(3) as pool:
            for done in [*(pool.submit(move, user) for user in people), pool.submit(weaken)]:
                done.result()
        assert left()


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "role"]),
        st.sampled_from([{"role_id": "agent"}, {"role_id": "administrator"}, {"role_id": OFFICE},
                         {"active": False}, {"active": True}]),
    ),
    max_size=12,
)  # fmt: skip


@given(CHANGES)
def test_somebody_is_left_after_any_changes(harness, changes):
    clear()
    redefine(harness, dict(ALL))
    for name, role in (("a", "administrator"), ("b", OFFICE), ("c", "agent")):
        person(name, role)
    for name, fields in changes:
        before = left()
        try:
            if name == "role":
                redefine(harness, {} if _office_is_administrator() else dict(ALL))
            else:
                change(harness, user_of(harness, name), **fields)
        except LastAdministrator:
            assert left() == before
            continue
        assert left()
        hint = set(optimistic_locks.read(LOCK_ID).people)
        assert hint <= left(), "the lock names only administrators"
