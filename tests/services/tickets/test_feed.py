"""Programs follow every change they may see: gapless, in order per ticket, whatever the index shows when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import ticket_history
from models.ticket_history import TicketHistory
from services.errors import Forbidden
from services.tickets import BadFeedCursor
from services.tickets import feed as feed_module
from services.users.identity import Permission, Scope
from tests.services.harness import START


@pytest.fixture
def feed(harness):
    return harness.services.tickets.feed


@pytest.fixture
def follow(harness, feed):
    """Read pages from a cursor, or from the present, until there are no more."""

    def follow(actor, after, most=100):
        changes, more = [], True
        while more:
            page = feed.page(actor=actor, now=harness.now(), after=after, most=most)
            changes += [(change.ticket_id, change.event.version) for change in page.changes]
            after, more = page.cursor, page.more
        return changes, after

    return follow


@pytest.fixture
def present(harness, feed):
    """Return a cursor before everything that follows."""

    def present(actor):
        page = feed.page(actor=actor, now=harness.now())
        assert (page.changes, page.more) == ([], False)
        return page.cursor

    return present


def versions(ticket, count):
    return [(ticket.ticket_id, version) for version in range(1, count + 1)]


def test_everything_comes_once_and_in_order(harness, follow, present):
    agent, customer = harness.actor("agent"), harness.actor("customer")
    cursor = present(agent)
    first, second = harness.ticket(customer), harness.ticket(customer)
    changed = harness.update(agent, first, priority="high")
    harness.update(agent, changed, body="Try again.")
    changes, cursor = follow(agent, cursor)
    assert changes == [*versions(first, 1), *versions(second, 1), *versions(first, 3)[1:]]
    assert follow(agent, cursor)[0] == []
    harness.update(agent, second, priority="low")
    assert follow(agent, cursor)[0] == [(second.ticket_id, 2)]


@pytest.mark.parametrize("most", [1, 2, 7])
def test_pages_of_any_size_hold_the_same(harness, follow, present, most):
    agent = harness.actor("agent")
    cursor = present(agent)
    tickets = [harness.ticket(agent) for _ in range(5)]
    for ticket in tickets:
        harness.update(agent, ticket, priority="high")
    assert follow(agent, cursor, most)[0] == follow(agent, cursor)[0]
    assert len(follow(agent, cursor)[0]) == 10


def test_customers_see_what_is_said_in_public_about_their_own(harness, feed, follow, present):
    agent, customer = harness.actor("agent"), harness.actor("customer")
    cursor = present(customer)
    own, foreign = harness.ticket(customer), harness.ticket(agent)
    noted = harness.update(agent, own, body="Between us.", public=False)
    replied = harness.update(agent, noted, body="For you.", public=True, priority="high")
    page = feed.page(actor=customer, now=harness.now(), after=cursor)
    assert [(change.ticket_id, change.event.kind) for change in page.changes] == [
        (own.ticket_id, "created"),
        (own.ticket_id, "replied"),
    ]
    assert page.changes[1].event.body == "For you."
    assert [change.event.changes for change in page.changes] == [{}, {}]
    assert replied.version == 3
    assert foreign.ticket_id not in {change.ticket_id for change in page.changes}


def test_a_team_sees_a_ticket_from_when_it_has_it(harness, follow, present):
    administrator = harness.actor("administrator")
    team = harness.services.catalog.save(
        actor=administrator,
        now=harness.now(),
        kind="team",
        id_=None,
        name="Feed",
        active=True,
        expected_version=0,
    )
    reading = {Permission.TICKET_VIEW: Scope.TEAM, Permission.TICKET_NOTE: Scope.TEAM}
    member = harness.actor("agent", teams=[team.id], permissions=reading)
    cursor = present(member)
    ticket = harness.ticket(administrator)
    harness.update(administrator, ticket, team_id=team.id)
    assert follow(member, cursor)[0] == [(ticket.ticket_id, 2)]


def test_whoever_sees_no_tickets_has_no_feed(harness, feed):
    with pytest.raises(Forbidden):
        feed.page(actor=harness.actor("agent", permissions={}), now=harness.now())


def test_a_cursor_is_good_for_its_reader_alone(harness, feed, present):
    agent = harness.actor("agent")
    cursor = present(agent)
    for wrong in ("", "x", cursor[:-1], cursor[:-2] + "xx", "a" * 5000, "\u0661", cursor + "\n"):
        with pytest.raises(BadFeedCursor):
            feed.page(actor=agent, now=harness.now(), after=wrong)
    with pytest.raises(BadFeedCursor):
        feed.page(actor=harness.actor("agent"), now=harness.now(), after=cursor)


def test_history_is_read_from_a_moment_on(harness, follow, feed):
    agent = harness.actor("agent")
    ticket = harness.ticket(agent)
    changes, more = [], True
    page = feed.page(actor=agent, now=harness.now(), since=START)
    while more:
        changes += [(change.ticket_id, change.event.version) for change in page.changes]
        more = page.more
        page = feed.page(actor=agent, now=harness.now(), after=page.cursor)
    assert changes[-1] == (ticket.ticket_id, 1)
    assert len(changes) == len(set(changes))
    assert len(page.cursor) < 4000


def test_a_page_looks_at_a_month_at_most(harness, feed, monkeypatch):
    agent = harness.actor("agent")
    ticket = harness.ticket(agent)
    days = []
    query = TicketHistory.by_time.query
    monkeypatch.setattr(
        TicketHistory.by_time, "query", lambda day, *a, **k: days.append(day) or query(day, *a, **k)
    )
    page = feed.page(actor=agent, now=harness.now(), since=START - timedelta(days=100))
    changes = []
    while page.more:
        assert 0 < len(days) <= 33
        days.clear()
        page = feed.page(actor=agent, now=harness.now(), after=page.cursor)
        changes += [(change.ticket_id, change.event.version) for change in page.changes]
    assert changes[-1] == (ticket.ticket_id, 1)
    assert len(changes) == len(set(changes))


def test_a_cursor_stays_short_however_much_happens_in_a_minute(harness, follow, present, monkeypatch):
    monkeypatch.setattr(feed_module, "REMEMBERED", 5)
    agent = harness.actor("agent")
    cursor = present(agent)
    tickets = [harness.ticket(agent) for _ in range(12)]
    changes, cursor = follow(agent, cursor, most=4)
    assert changes == [(ticket.ticket_id, 1) for ticket in tickets]
    assert follow(agent, cursor)[0] == []
    assert len(cursor) < 250


def test_many_changes_of_one_moment_all_come_once(harness, monkeypatch):
    """An import records thousands of changes at one time."""
    monkeypatch.setattr(feed_module, "REMEMBERED", 5)
    items = [an_item(ticket, 1, 0) for ticket in range(1, 40)]
    index = StaleIndex(items)
    index.show(range(39))
    monkeypatch.setattr(feed_module, "ticket_history", index)
    agent, handed_out, more = harness.actor("agent", stored=False), [], True
    page = harness.services.tickets.feed.page(actor=agent, now=START, since=START, most=3)
    while more:
        handed_out += [change.ticket_id for change in page.changes]
        more = page.more
        page = harness.services.tickets.feed.page(actor=agent, now=START, after=page.cursor, most=3)
    assert handed_out == list(range(1, 40))
    assert page.changes == []


class StaleIndex:
    """An index of the ledger that shows each change at a time of its own; what it has shown stays."""

    def __init__(self, items):
        self.items = items
        self.shown = set()

    def show(self, indexes):
        self.shown |= set(indexes)

    def recorded_in_order(self, since, _until, _shards):
        shown = [
            item for index, item in enumerate(self.items) if index in self.shown and item.feed_at >= since
        ]
        return iter(sorted(shown, key=lambda item: item.feed_at))

    feed_keys = staticmethod(ticket_history.feed_keys)

    def find_all(self, keys):
        return {key: item for key in keys if (item := self.find(*key)) is not None}

    def find(self, ticket_id, version):
        return next((i for i in self.items if (i.ticket_id, i.version) == (ticket_id, version)), None)


def an_item(ticket_id, version, seconds):
    """Build one change, recorded by a clock that may differ from that of the change before it."""
    at = START + timedelta(seconds=seconds)
    return TicketHistory(
        ticket_id=ticket_id, version=version, at=at, actor_id="a", actor_kind="agent", kind="changed", public=True,
        changes={}, state={}, write_id="w", **ticket_history.feed_keys(ticket_id, version, at, 1),
    )  # fmt: skip


@given(
    seconds=st.lists(st.floats(0, 40), min_size=1, max_size=14),
    tickets=st.lists(st.integers(1, 3), min_size=14, max_size=14),
    turns=st.lists(st.integers(0, 4), min_size=14, max_size=14),
    most=st.integers(1, 5),
)
def test_nothing_is_left_out_or_out_of_order_with_an_index_that_is_late(
    harness, seconds, tickets, turns, most
):
    """Changes of three tickets appear in the index in any order, within the overlap, while a program reads."""
    counts, items = {}, []
    for second, ticket in zip(seconds, tickets, strict=False):
        counts[ticket] = counts.get(ticket, 0) + 1
        items.append(an_item(ticket, counts[ticket], second))
    index = StaleIndex(items)
    agent = harness.actor("agent", stored=False)
    feed = harness.services.tickets.feed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed_module, "ticket_history", index)
        page = feed.page(actor=agent, now=START, since=START)
        handed_out = []
        for turn in range(6):
            index.show(place for place, shows in enumerate(turns[: len(items)]) if shows <= turn)
            more = True
            while more:
                page = feed.page(actor=agent, now=START, after=page.cursor, most=most)
                handed_out += [(change.ticket_id, change.event.version) for change in page.changes]
                more = page.more
    assert sorted(handed_out) == sorted((item.ticket_id, item.version) for item in items)
    for ticket in counts:
        ours = [version for number, version in handed_out if number == ticket]
        assert ours == sorted(ours)


def test_the_ledger_of_a_real_run_is_what_the_feed_hands_out(harness, follow):
    """What the feed hands out from the beginning is the whole ledger."""
    administrator = harness.actor("administrator")
    start = datetime(2026, 11, 1, tzinfo=UTC)
    page = harness.services.tickets.feed.page(actor=administrator, now=harness.now(), since=start)
    changes = [(change.ticket_id, change.event.version) for change in page.changes]
    if page.more:
        changes += follow(administrator, page.cursor)[0]
    assert sorted(changes) == sorted((int(i.ticket_id), int(i.version)) for i in ticket_history.everything())
