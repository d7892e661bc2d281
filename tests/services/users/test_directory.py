"""The directory: whom a part of a name or address finds, for whom, and how it keeps up."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from dynamodb_client import consumed
from models import user as user_table
from models.store_errors import EngineUnavailable
from services.users.audit import SecurityLog
from services.users.audit.security_log import Failure
from services.users.directory import Directory, DirectoryService, Kind, copy
from services.users.identity import SYSTEM, Permission, PermissionDenied, Scope
from tests.patience import PATIENCE
from tests.services.harness import START, Harness


@dataclass
class Clock:
    """A clock that a test moves."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds

    def later(self) -> None:
        """Move on by as much as the directory may be old."""
        self.seconds += 5


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def other(harness: Harness, clock: Clock) -> DirectoryService:
    """The directory of another process."""
    roles = harness.services.users.roles
    return DirectoryService(roles, Directory(roles, clock=clock, now=lambda: START + timedelta(days=1)))


@pytest.fixture
def create(harness: Harness):
    def write(name, email, role_id="customer", now=None, **more):
        return harness.services.users.accounts.create(
            actor=SYSTEM,
            now=now or harness.now(),
            name=name,
            email=email,
            role_id=role_id,
            invite=False,
            **more,
        )

    return write


def names(directory: DirectoryService, text: str, actor=SYSTEM, most=25, **more) -> list[str]:
    return [one.name for one in directory.search(actor=actor, text=text, most=most, **more).people]


def change(harness: Harness, user, now=None, **changes):
    current = harness.services.users.accounts.read(actor=SYSTEM, user_id=user.user_id)
    fields = {name: getattr(current, name) for name in ("name", "email", "role_id", "active", "team_ids")}
    return harness.services.users.accounts.update(
        actor=SYSTEM, now=now or harness.now(), user_id=user.user_id, expected_version=current.version,
        **{**fields, **changes},
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "silva", "SILVA", "gonc", "Gonçalves", "goncalves ana", "Silva, Ana", "ilva", "nord.example",
        "ana.gs@nord.example", "ANA.GS@", "gs silva", "  ana   silva ",
    ],
)  # fmt: skip
def test_any_part_of_a_name_or_address_finds(harness, create, text):
    directory = harness.services.users.directory
    if not names(directory, "ana.gs@nord.example"):
        create("Ana Gonçalves Silva", "ana.gs@nord.example")
        create("Bruno Costa", "bruno@else.example")
    assert names(directory, text) == ["Ana Gonçalves Silva"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Søren Åkesson", "soren akesson"),
        ("Łukasz Bąk", "lukasz bak"),
        ("Wolfgang Weißmüller", "weissmuller"),
        ("I\u011fd\u0131r Y\u0131lmaz", "yilmaz"),
        ("Ægir Þórsson", "aegir thorsson"),
        ("李小龍", "小龍"),
        ("Ольга Кузнецова", "кузнецова ольга"),
        ("O'Neill-Smith (ext.)", "o'neill-smith (ext"),
    ],
)
def test_which_characters_match(harness, create, name, text):
    create(name, f"letters{ord(name[0])}{len(name)}@fold.example")
    assert names(harness.services.users.directory, text) == [name]


def test_a_domain_is_found_as_people_write_it(harness, create):
    create("Domain Owner", "owner@büchersaal.example")
    for text in ("büchersaal", "buchersaal.example", "xn--bchersaal"):
        assert names(harness.services.users.directory, text) == ["Domain Owner"]


def test_the_likeliest_comes_first(harness, create):
    for name, email in (
        ("Zoe Marten", "zoe@rank.example"), ("Ann Smarten", "ann@rank.example"),
        ("Marten Zoll", "mz@rank.example"), ("Bo Else", "marten@rank.example"),
    ):  # fmt: skip
        create(name, email)
    assert names(harness.services.users.directory, "marten") == [
        "Marten Zoll", "Zoe Marten", "Bo Else", "Ann Smarten",
    ]  # fmt: skip
    first = harness.services.users.directory.search(actor=SYSTEM, text="marten", most=2)
    assert (len(first.people), first.count, first.complete) == (2, 4, True)


def test_a_change_by_this_process_is_found_at_once(harness, create):
    directory = harness.services.users.directory
    assert names(directory, "momentary") == []
    user = create("Momentary Person", "mp@now.example")
    assert names(directory, "momentary") == ["Momentary Person"]
    change(harness, user, name="Lasting Person")
    assert names(directory, "momentary person") == []


def test_another_process_knows_it_within_five_seconds(harness, other, clock, create):
    assert names(other, "elsewhere") == []
    user = create("Elsewhere Agent", "elsewhere@other.example", role_id="agent")
    clock.later()
    assert "Elsewhere Agent" in [one.name for one in other.assignable()]
    change(harness, user, active=False)
    clock.later()
    assert "Elsewhere Agent" not in [one.name for one in other.assignable()]
    assert names(other, "elsewhere") == ["Elsewhere Agent"], "administrators still find the account"


def test_an_event_that_is_written_late_is_not_missed(harness, other, clock, create):
    moment = harness.now() + timedelta(minutes=10)
    names(other, "late")
    create("Early Bird", "early@late.example", now=moment)
    clock.later()
    assert names(other, "early bird") == ["Early Bird"]
    create("Late Comer", "comer@late.example", now=moment - timedelta(seconds=45))
    clock.later()
    assert names(other, "late comer") == ["Late Comer"]


def test_people_of_an_import_are_found(harness, other, clock):
    directory = harness.services.users.directory
    assert names(other, "imported") == names(directory, "imported") == []
    moment = harness.now() + timedelta(minutes=12)
    harness.services.users.accounts.upsert({"imp-1": ("Imported Caller", "customer")}, now=moment)
    clock.later()
    assert names(other, "imported") == ["Imported Caller"]


def test_who_is_named_before_being_written_is_looked_for_again(harness, clock, monkeypatch):
    roles, moment = harness.services.users.roles, harness.now() + timedelta(minutes=13)
    other = DirectoryService(roles, Directory(roles, clock=clock, now=lambda: moment))
    assert names(other, "interrupted") == []
    late = []
    with monkeypatch.context() as patch:
        patch.setattr(
            user_table, "put_new", lambda users, announce: (late.extend(users), announce(["imp-2"]))
        )
        harness.services.users.accounts.upsert({"imp-2": ("Interrupted Caller", "customer")}, now=moment)
    clock.later()
    assert names(other, "interrupted") == []
    user_table.put_new(late, lambda _: None)
    clock.later()
    assert names(other, "interrupted") == ["Interrupted Caller"]


def test_an_erasure_reaches_it(harness, other, clock, create):
    user = create("Forgotten Soul", "soul@erase.example", now=harness.now() + timedelta(minutes=14))
    directory = harness.services.users.directory
    clock.later()
    assert names(other, "forgotten") == names(directory, "forgotten") == ["Forgotten Soul"]
    moment = harness.now() + timedelta(minutes=15)
    erasures = harness.services.privacy.erasures
    erasures.ask(actor=SYSTEM, user_id=user.user_id, confirmed="Forgotten Soul", now=moment)
    while erasures.advance(now=moment):
        moment += timedelta(seconds=90)
    clock.later()
    for each in (other, directory):
        assert names(each, "forgotten") == names(each, "soul@erase.example") == names(each, "erased") == []
    roles = harness.services.users.roles
    fresh = Directory(roles, clock=clock, now=lambda: moment)
    assert user.user_id not in {one.user_id for one in fresh.people()}


def test_who_may_find_whom(harness, create):
    customer = create("Reach Customer", "customer@reach.example")
    agent = create("Reach Agent", "agent@reach.example", role_id="agent")
    boss = create("Reach Boss", "boss@reach.example", role_id="administrator")
    create("Reach Suspended", "suspended@reach.example", role_id="agent")
    change(harness, harness.services.users.accounts.find_by_email("suspended@reach.example"), active=False)
    directory = harness.services.users.directory
    assert names(directory, "reach") == ["Reach Agent", "Reach Boss", "Reach Customer", "Reach Suspended"]
    assert names(directory, "reach", harness.actor("agent")) == [agent.name, customer.name]
    notes = harness.actor(
        "customer", permissions={Permission.TICKET_NOTE: Scope.ALL, Permission.TICKET_CREATE: Scope.OWN}
    )
    assert names(directory, "reach", notes) == [agent.name]
    with pytest.raises(PermissionDenied):
        directory.search(actor=harness.actor("customer"), text="reach", most=5)
    assert names(directory, "reach", kind=Kind.ASSIGNABLE) == [agent.name]
    assert names(directory, "reach", harness.actor("agent"), kind=Kind.REQUESTER) == [
        agent.name,
        customer.name,
    ]
    assert boss.user_id not in {one.user_id for one in directory.assignable()}


def test_the_agents_follow_what_their_role_allows(harness, create):
    directory, roles = harness.services.users.directory, harness.services.users.roles
    granted = {Permission.TICKET_VIEW: Scope.ALL, Permission.TICKET_UPDATE: Scope.ALL}
    roles.save(
        actor=SYSTEM, role_id="temp", name="Temp", permissions=granted, expected_version=0, now=harness.now()
    )
    create("Temp Agent", "temp@roles.example", role_id="temp", team_ids=["support"])
    assert "Temp Agent" in [one.name for one in directory.assignable()]
    assert [one.name for one in directory.in_team("support")] == ["Temp Agent"]
    granted = {Permission.TICKET_VIEW: Scope.ALL}
    roles.save(
        actor=SYSTEM, role_id="temp", name="Temp", permissions=granted, expected_version=1, now=harness.now()
    )
    assert "Temp Agent" not in [one.name for one in directory.assignable()]


def test_a_large_directory_is_loaded_beside_the_request(harness, create, clock, monkeypatch):
    monkeypatch.setattr(copy, "LOADED_AT_ONCE", 3)
    going_on = threading.Event()
    stored = user_table.of_role

    def slowly(role_id):
        for number, item in enumerate(stored(role_id)):
            if number == 3:
                going_on.wait(PATIENCE)
            yield item

    create("Zz Last", "zz@large.example")
    monkeypatch.setattr(user_table, "of_role", slowly)
    roles = harness.services.users.roles
    loading = Directory(roles, clock=clock, now=lambda: datetime.now(UTC))
    assert not loading.complete
    assert len(loading.people()) == 3
    answer = DirectoryService(roles, loading).search(actor=SYSTEM, text="zz last", most=5)
    assert ([one.name for one in answer.people], answer.complete) == (["Zz Last"], False), "by the index"
    going_on.set()
    for thread in threading.enumerate():
        if thread.name == "directory":
            thread.join(PATIENCE)
    assert loading.complete
    assert "Zz Last" in [one.name for one in loading.people()]


def test_beyond_the_bound_the_index_finds_the_start_of_a_name_and_a_whole_address(harness, create, clock):
    create("Zzz Beyond", "beyond@bound.example")
    roles = harness.services.users.roles
    bounded = Directory(roles, clock=clock, now=lambda: datetime.now(UTC), most=2)
    service = DirectoryService(roles, bounded)
    assert len(bounded.people()) == 2
    assert not bounded.complete
    assert names(service, "zzz bey") == names(service, "beyond@bound.example") == ["Zzz Beyond"]
    assert names(service, "eyond") == []


def test_a_database_that_is_away_leaves_what_is_known(harness, other, clock, create, monkeypatch):
    create("Known Before", "before@away.example", now=harness.now() + timedelta(minutes=20))
    assert names(other, "known before") == ["Known Before"]

    def away(*_):
        raise EngineUnavailable("away")

    monkeypatch.setattr(copy.audit_table, "since", away)
    clock.later()
    assert names(other, "known before") == ["Known Before"]
    roles = harness.services.users.roles
    monkeypatch.setattr(user_table, "of_role", away)
    with pytest.raises(EngineUnavailable):
        Directory(roles, clock=clock, now=lambda: START).people()


def test_an_event_from_a_clock_ahead_hides_nothing(harness, other, clock, create):
    """The last test here: every directory that is loaded from now on begins at such an event."""
    names(other, "ahead")
    create("Ahead Oftime", "ahead@skew.example", now=START + timedelta(days=30))
    clock.later()
    assert names(other, "ahead") == ["Ahead Oftime"]
    create("Right Ontime", "ontime@skew.example", now=harness.now() + timedelta(minutes=30))
    clock.later()
    assert names(other, "ontime") == ["Right Ontime"]


def test_sign_ins_do_not_make_a_look_dearer(harness, clock, create, other):
    """What is read at a look does not grow with the events since the last change of an account."""
    create("Ana Silva", "ana.events@nord.example", now=START)
    names(other, "events")
    notes = SecurityLog(harness.services.users.audit_writer)

    def units_of_a_look():
        clock.later()
        with consumed() as meter:
            names(other, "events")
        return meter.units

    before = units_of_a_look()
    for number in range(60):
        at = START + timedelta(minutes=2 + number)
        notes.failed(Failure("user.sign_in_failed", f"account {number}", None, f"network {number}"), now=at)
    units_of_a_look()
    assert units_of_a_look() <= before + 1
    create("Bea Silva", "bea.events@nord.example", now=START + timedelta(minutes=63))
    clock.later()
    assert set(names(other, "events")) == {"Ana Silva", "Bea Silva"}
