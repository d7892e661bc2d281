"""Accounts: one address, one person; nobody reaches beyond their own role."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamodb_client import consumed
from models import user as user_table
from models.user import UserEmail
from services.errors import Invalid
from services.users.authorization import Outranked
from services.users.identity import (
    BUILT_IN,
    AddressTaken,
    Permission,
    PermissionDenied,
    Scope,
    StaleRecord,
    UserNotFound,
    normalize_email,
    sort_name,
)
from tests.patience import PATIENCE
from tests.services.harness import START

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def admin(harness):
    return harness.actor("administrator")


@pytest.fixture
def create(harness, admin):
    def make(email, name="Ana", role_id="agent", actor=admin, **more):
        return harness.services.users.accounts.create(
            actor=actor, now=START, name=name, email=email, role_id=role_id, password=PASSWORD, **more
        )

    return make


@pytest.fixture
def update(harness, admin):
    def change(user, actor=admin, expected_version=None, **changes):
        fields = {name: getattr(user, name) for name in ("name", "email", "role_id", "active", "team_ids")}
        return harness.services.users.accounts.update(
            now=START,
            actor=actor,
            user_id=user.user_id,
            expected_version=expected_version or user.version,
            **{**fields, **changes},
        )

    return change


def test_a_new_account_can_be_found_and_read(harness, create):
    user = create(" Ana.First@Example.ORG ", name="  Ana   Müller ", team_ids=["b", "a", "b"])
    assert (user.email, user.name, user.team_ids) == ("ana.first@example.org", "Ana Müller", ("a", "b"))
    assert user.version == 1
    assert harness.services.users.accounts.get(user.user_id) == user
    assert harness.services.users.accounts.find_by_email("ANA.FIRST@example.org") == user
    assert harness.services.users.accounts.names([user.user_id, None, "nobody"]) == {
        user.user_id: "Ana Müller"
    }
    assert harness.services.users.accounts.get_user_role(user_id=user.user_id).role_id == "agent"
    assert not hasattr(user, "password_hash")


def test_who_has_been_read_is_known_by_name(harness, create):
    user = create("known@example.org", name="Kim Known")
    harness.services.users.accounts.get(user.user_id, fresh=True)
    with consumed() as meter:
        assert harness.services.users.accounts.names([user.user_id]) == {user.user_id: "Kim Known"}
    assert meter.requests == 0


@pytest.mark.parametrize(
    "other", ["taken@example.org", "TAKEN@Example.org", "\uff54\uff41\uff4ben@example.org"]
)
def test_an_address_belongs_to_one_person(harness, create, update, other):
    owner = harness.services.users.accounts.find_by_email("taken@example.org") or create("taken@example.org")
    with pytest.raises(AddressTaken) as refused:
        create(other)
    assert refused.value.fields.keys() == {"email"}
    third = create(f"third{len(other)}{ord(other[0])}@example.org")
    with pytest.raises(AddressTaken):
        update(third, email=other)
    assert harness.services.users.accounts.find_by_email(other) == owner
    assert harness.services.users.accounts.find_by_email(third.email) == third


def test_two_at_once_for_one_address(harness, create):
    for round_ in range(5):
        start = threading.Barrier(4)
        spellings = [f"Race{round_}@example.org", f"race{round_}@EXAMPLE.org"] * 2

        def claim(email, start=start):
            start.wait(PATIENCE)
            try:
                return create(email)
            except AddressTaken:
                return None

        with ThreadPoolExecutor(4) as pool:
            users = [user for user in pool.map(claim, spellings) if user is not None]
        assert len(users) == 1
        assert harness.services.users.accounts.find_by_email(spellings[0]) == users[0]


def test_a_change_of_address_frees_the_old_one(harness, create, update):
    moved = update(create("old@example.org"), email="new@example.org")
    assert harness.services.users.accounts.find_by_email("old@example.org") is None
    assert harness.services.users.accounts.find_by_email("new@example.org") == moved
    newcomer = create("old@example.org")
    with pytest.raises(AddressTaken):
        update(moved, email="old@example.org")
    assert harness.services.users.accounts.find_by_email("old@example.org") == newcomer
    assert update(moved, email="NEW@example.org").email == "new@example.org"


def test_a_stale_form_overwrites_nothing(harness, create, update):
    user = create("stale@example.org")
    newer = update(user, name="Newer")
    with pytest.raises(StaleRecord):
        update(user, email="elsewhere@example.org", name="Older")
    assert harness.services.users.accounts.get(user.user_id) == newer
    assert harness.services.users.accounts.find_by_email("elsewhere@example.org") is None


def test_no_claim_is_left_behind(harness, create, update):
    """Every address in the table of claims is the address of its owner."""
    user = create("claims@example.org")
    with pytest.raises(AddressTaken):
        update(user, email="new@example.org")
    for claim in UserEmail.scan():
        assert user_table.find(claim.user_id).email == claim.email


def test_people_an_import_brings_have_no_address(harness, update):
    harness.services.users.accounts.upsert({"caller-1": ("Caller 1", "customer")}, now=START)
    harness.services.users.accounts.upsert({"caller-1": ("Another name", "agent")}, now=START)
    caller = harness.services.users.accounts.get("caller-1")
    assert (caller.name, caller.role_id, caller.email) == ("Caller 1", "customer", None)
    assert update(caller, email="").email is None
    named = update(harness.services.users.accounts.get("caller-1"), email="caller@example.org")
    assert harness.services.users.accounts.find_by_email("caller@example.org") == named
    with pytest.raises(Invalid):
        update(named, email="")


def test_nobody_gives_a_role_beyond_their_own(harness, create, update):
    clerk_may = {Permission.USER_VIEW: Scope.ALL, Permission.USER_EDIT: Scope.ALL}
    clerk = harness.actor("manager", permissions=clerk_may)
    for role in ("customer", "agent", "manager", "administrator"):
        with pytest.raises(Outranked, match="more than your own"):
            create(f"{role}@below.example", role_id=role, actor=clerk)
    assert harness.services.users.accounts.find_by_email("manager@below.example") is None
    with pytest.raises(Invalid, match="does not exist"):
        create("x@below.example", role_id="nonsense")


@pytest.mark.parametrize(
    "changes",
    [{"active": False}, {"role_id": "customer"}, {"email": "taken.over@example.org"}, {"name": "X"}],
)
def test_nobody_reaches_somebody_above_them(harness, create, update, admin, changes):
    """One who may edit customers must not suspend, demote or take over an administrator."""
    permissions = {
        Permission.USER_EDIT: Scope.ALL, Permission.TICKET_VIEW: Scope.OWN,
        Permission.TICKET_CREATE: Scope.OWN, Permission.TICKET_REPLY: Scope.OWN,
    }  # fmt: skip
    clerk = harness.actor("customer", permissions=permissions)
    chief = harness.services.users.accounts.find_by_email("chief@example.org") or create(
        "chief@example.org", role_id="administrator"
    )
    with pytest.raises(Outranked, match="more than your own"):
        update(chief, actor=clerk, **{"role_id": "customer", **changes})
    assert harness.services.users.accounts.read(actor=admin, user_id=chief.user_id) == chief


def test_those_without_the_permission_change_nothing(harness, create, update, agent, customer):
    user = create(f"{agent.user_id}@example.org")
    for actor in (agent, customer, harness.actor("manager")):
        with pytest.raises(PermissionDenied):
            create("never@example.org", actor=actor)
        with pytest.raises(PermissionDenied):
            update(user, actor=actor, name="Never")
    with pytest.raises(PermissionDenied):
        harness.services.users.accounts.read(actor=customer, user_id=user.user_id)


def test_nobody_locks_themselves_out(harness, update, admin):
    me = harness.services.users.accounts.read(actor=admin, user_id=admin.user_id)
    for changes in ({"active": False}, {"role_id": "customer"}):
        with pytest.raises(Invalid, match="yourself"):
            update(me, email="", **changes)
    assert update(me, email="", name="Still me").active


@pytest.mark.parametrize(
    ("changes", "ends"),
    [({"active": False}, True), ({"role_id": "customer"}, True), ({"name": "Other"}, False)],
)
def test_a_new_role_or_a_suspension_ends_the_sessions(harness, create, update, changes, ends):
    user = create(f"{'-'.join(changes)}@sessions.example")
    sessions = harness.services.users.sessions
    tokens = [sessions.start(user_id=user.user_id, now=START) for _ in range(3)]
    update(user, **changes)
    assert [sessions.resolve(token=token, now=START) is None for token in tokens] == [ends] * 3


def test_agents_are_those_who_can_be_assigned(harness, create, update):
    users = {role: create(f"{role}@agents.example", role_id=role, name=f"Zz {role}") for role in BUILT_IN}
    gone = create("gone@agents.example", name="Zz gone")
    update(gone, active=False)
    listed = harness.services.users.directory.assignable()
    ours = [user.user_id for user in listed if user.name.startswith("Zz")]
    assert ours == [users["agent"].user_id, users["manager"].user_id]
    assert [user.name for user in listed] == sorted((user.name for user in listed), key=sort_name)
    assert all(user.email for user in listed), "people an import brought cannot work here"


@pytest.mark.parametrize("theme", ["", "purple", "DARK"])
def test_a_theme_is_one_of_three(harness, agent, theme):
    with pytest.raises(Invalid):
        harness.services.users.accounts.set_theme(actor=agent, theme=theme)
    harness.services.users.accounts.set_theme(actor=agent, theme="dark")
    assert harness.services.users.accounts.get(agent.user_id).theme == "dark"


@pytest.mark.parametrize("wild", ["", "nobody", "x" * 5000, "é" * 1000, "\ud800", "\x00"])
def test_wild_ids_are_nobody(harness, admin, update, wild):
    with pytest.raises(UserNotFound):
        harness.services.users.accounts.get(wild)
    with pytest.raises(UserNotFound):
        harness.services.users.accounts.read(actor=admin, user_id=wild)


@pytest.mark.parametrize("name", ["", "  ", "\x00", "\ud800", "x" * 101, "x" * 10**6, "\u200b"])
def test_a_name_that_is_none_is_refused(create, name):
    with pytest.raises(Invalid) as refused:
        create("name@example.org", name=name)
    assert refused.value.fields.keys() == {"name"}


@pytest.mark.parametrize("name", ["\u0301", "李小龍", "Άννα", "x" * 100])
def test_names_of_all_scripts_are_stored(create, harness, admin, name):
    user = create(f"n{ord(name[0])}@names.example", name=name)
    assert harness.services.users.accounts.read(actor=admin, user_id=user.user_id).name == user.name


@pytest.mark.parametrize("text",
    [
        "", "ana", "ana@", "@example.org", "a@b", "a b@example.org", "a@b@example.org", "a\x00@example.org",
        "a\u202e@example.org", "\ud800@example.org", "a@example.org.", "a@.example.org", "a..b@example.org",
        "\u0430na@example.org", "j\u00f6rg@example.org", "a@exa_mple.org", "a@xn--a.org", "a<b>@example.org",
        "a\r\nBcc: b@example.org", "x" * 250 + "@e.org", "x" * 10**6, "a@exa mple.org",
    ],
)  # fmt: skip
def test_what_is_no_address(harness, create, text):
    with pytest.raises(Invalid) as refused:
        create(text)
    assert refused.value.fields.keys() == {"email"}


@pytest.mark.parametrize("text", ["j\u00f6rg@example.org", "\u0430na@example.org", "jo\u0308rg@example.org"])
def test_why_an_address_beyond_ascii_is_refused(text):
    with pytest.raises(Invalid, match="Before the @, an email address can only have letters without accents"):
        normalize_email(text)


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("ana@Stra\u00dfe.example", "ana@xn--strae-oqa.example"),
        ("ana@STRASSE.example", "ana@strasse.example"),  # another domain, as in DNS
        ("ana@\u03b2\u03cc\u03bb\u03bf\u03c2.example", "ana@xn--nxasmm1c.example"),
        ("ana@bu\u0308cher.example", "ana@xn--bcher-kva.example"),
        ("Ana\uff20Example.org", "ana@example.org"),
        ("\uff41na@example.org", "ana@example.org"),
    ],
)
def test_a_domain_is_written_by_idna_2008(text, email):
    assert normalize_email(text) == email


SPELLED = st.sampled_from(
    "abzAZ09.-_+\u00df\u017f\u0131\u0130\u212a\uff41\uff21\u0430\u00e9\u0301\u3002\u00ad "
)


@given(st.text(SPELLED | st.characters(), max_size=30), st.text(SPELLED | st.characters(), max_size=20))
def test_an_address_folds_to_itself(local, domain):
    try:
        email = normalize_email(f"{local}@{domain}.org")
    except Invalid:
        return
    assert normalize_email(email) == email
    assert normalize_email(f" {email.upper()} ") in (email, normalize_email(email.upper()))
    assert email.isascii(), "a letter to it can be written"


@given(st.text(min_size=1, max_size=50))
def test_a_name_sorts_by_something(name):
    assert sort_name(name)
