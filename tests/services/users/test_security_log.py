"""What the audit log and the log say about sign-ins, wrong secrets and refused tokens; bursts cannot fill them."""

import uuid
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from models import audit as audit_table
from services.errors import Throttled
from services.users.audit import NOBODY, UNKNOWN_ACCOUNT, AuditWriter, SecurityLog
from services.users.audit import security_log as module
from services.users.audit.security_log import FIRST, FIRST_OF_NETWORK, Failure
from services.users.credentials import Origin
from services.users.identity import BadCredentials
from tests.services.harness import START
from tests.writes import recorded

PASSWORD = "correct horse battery staple"
HERE = Origin("192.0.2.17", "Firefox")
HOUR = timedelta(hours=1)


class Account:
    """Somebody with a password, and the events about them."""

    def __init__(self, harness):
        self.harness, self.email = harness, f"{uuid.uuid4().hex}@example.org"
        self.user = harness.services.users.accounts.create(
            actor=harness.actor("administrator"), now=START, name="Ana", email=self.email, role_id="agent",
            password=PASSWORD,
        )  # fmt: skip

    def sign_in(self, password=PASSWORD, origin=HERE, now=START):
        return self.harness.services.users.authentication.sign_in(
            email=self.email, password=password, origin=origin, now=now
        )

    def events(self, action):
        return [
            event for event in audit_table.of_subject(f"user:{self.user.user_id}") if event.action == action
        ]


@pytest.fixture
def ana(harness):
    return Account(harness)


@pytest.fixture
def log(harness):
    """A log of its own, as another process would have."""
    return lambda: SecurityLog(AuditWriter(lambda: uuid.uuid4().hex))


def test_a_sign_in_says_from_where_and_how(ana):
    with capture_logs() as lines:
        first = ana.sign_in()
        ana.sign_in(origin=Origin("192.0.2.18", "Firefox", first.device_token))
    events = ana.events("user.signed_in")
    assert {(event.actor_id, event.address, event.changes["device"][1]) for event in events} == {
        (ana.user.user_id, "192.0.2.17", "new"),
        (ana.user.user_id, "192.0.2.18", "known"),
    }
    assert {event.changes["factor"][1] for event in events} == {"password"}
    assert [line["event"] for line in lines] == ["user_signed_in"] * 2
    assert ana.email not in str(lines)
    assert "192.0.2" not in str(lines)


def test_a_wrong_password_says_from_where_and_not_what_was_typed(ana):
    with capture_logs() as lines, pytest.raises(BadCredentials):
        ana.sign_in("my secret guess")
    (event,) = ana.events("user.sign_in_failed")
    assert (event.actor_id, event.address) == (NOBODY.user_id, "192.0.2.17")
    assert event.changes == {"factor": [None, "password"], "attempts_this_hour": [None, 1]}
    (line,) = lines
    assert (line["event"], line["user"]) == ("user_sign_in_failed", ana.user.user_id)
    for written in (str(lines), str(event.serialize())):
        assert "my secret guess" not in written
        assert ana.email not in written


def test_an_account_that_does_not_exist_is_written_down_without_its_name(harness):
    email = f"{uuid.uuid4().hex}@example.org"
    with capture_logs() as lines, pytest.raises(BadCredentials):
        harness.services.users.authentication.sign_in(
            email=email, password=PASSWORD, origin=Origin("203.0.113.7"), now=START
        )
    events = [event for event in audit_table.of_subject(UNKNOWN_ACCOUNT) if event.address == "203.0.113.7"]
    assert len(events) == 1
    assert email not in str([event.serialize() for event in events]) + str(lines)


def test_a_known_and_an_unknown_account_cost_the_same_writes(harness, ana):
    """Nobody learns from the time an answer takes whether there is an account."""
    writes = {}
    for number, email in enumerate((ana.email, f"{uuid.uuid4().hex}@example.org")):
        with recorded() as heard, pytest.raises(BadCredentials):
            harness.services.users.authentication.sign_in(
                email=email, password="guess", origin=Origin(f"203.0.113.{10 + number}"), now=START
            )
        writes[email] = heard
    first, second = writes.values()
    assert first == second


def failure(account, network="n", user_id=None):
    return Failure("test.failed", account, user_id, network)


def entries_of(subject):
    return sorted(event.changes["attempts_this_hour"][1] for event in audit_table.of_subject(subject))


def test_a_burst_leaves_few_events(log):
    user_id, notes = uuid.uuid4().hex, log()
    for number in range(100):
        notes.failed(failure(user_id, f"{user_id}{number}", user_id), now=START)
    assert entries_of(f"user:{user_id}") == [*range(1, FIRST + 1), 16, 32, 64]


def test_a_burst_is_counted_for_all_processes_together(log):
    user_id, processes = uuid.uuid4().hex, [log(), log()]
    for number in range(200):
        processes[number % 2].failed(failure(user_id, f"{user_id}{number}", user_id), now=START)
    counts = entries_of(f"user:{user_id}")
    assert len(counts) < FIRST + 8
    assert max(counts) > 100, "and the number says how many there were"


def test_a_network_that_tries_many_accounts_leaves_few_events(log):
    network, notes = uuid.uuid4().hex, log()
    users = [uuid.uuid4().hex for _ in range(2 * FIRST_OF_NETWORK)]
    for user_id in users:
        notes.failed(failure(user_id, network, user_id), now=START)
    assert sum(len(entries_of(f"user:{user_id}")) for user_id in users) == FIRST_OF_NETWORK + 1


def test_all_together_leave_few_events(log, monkeypatch):
    monkeypatch.setattr(module, "FIRST_OF_ALL", 20)
    notes, now = log(), START + 50 * HOUR
    users = [uuid.uuid4().hex for _ in range(70)]
    for user_id in users:
        notes.failed(failure(user_id, user_id, user_id), now=now)
    assert sum(len(entries_of(f"user:{user_id}")) for user_id in users) == 20 + len((32, 64))


def test_a_flood_writes_nothing_to_the_table(log):
    account, notes = uuid.uuid4().hex, log()
    for _ in range(FIRST_OF_NETWORK):
        notes.failed(failure(account, account, account), now=START)
    with recorded() as heard:
        for _ in range(10):
            notes._counts.count("test.failed", f"account:{account}", FIRST, START)
    assert heard == []


def test_the_next_hour_begins_again(log):
    user_id, notes = uuid.uuid4().hex, log()
    for now in (START, START + HOUR):
        for _ in range(FIRST + 3):
            notes.failed(failure(user_id, user_id, user_id), now=now)
    assert entries_of(f"user:{user_id}") == sorted([*range(1, FIRST + 1)] * 2)


@given(st.integers(1, 60), st.lists(st.integers(0, 2), min_size=1, max_size=120))
def test_what_is_recorded_grows_with_the_logarithm(harness, first, processes):
    """However many processes share the work: all of the first, then a few for each doubling, and none lost."""
    counters = [module._HourlyCounts() for _ in range(3)]
    name = uuid.uuid4().hex
    counts = [counters[process].count("a", name, first, START) for process in processes]
    noted = [count for count in counts if count is not None]
    assert noted == sorted(set(noted))
    assert len(noted) >= min(first, len(processes))
    assert len(noted) <= first + len(processes).bit_length()


def test_repeated_sign_ins_leave_few_events_and_e_mails(harness, ana, mailbox):
    """A program that signs in all the time, or somebody who wants to hide something in the log."""
    token = None
    for number in range(2 * FIRST):
        token = ana.sign_in(origin=Origin("192.0.2.17", "curl"), now=START + timedelta(seconds=number)).token
    assert token
    assert len(ana.events("user.signed_in")) == FIRST + 1
    assert len(mailbox(ana.email, START + HOUR)) == FIRST + 1


def test_throttled_attempts_leave_nothing(ana):
    for _ in range(5):
        with pytest.raises(BadCredentials):
            ana.sign_in("guess")
    with recorded() as heard, pytest.raises(Throttled):
        ana.sign_in("guess")
    assert heard == []
