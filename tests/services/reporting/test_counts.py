"""The counts of lists equal an independent count under every scope, and are held back in doubt."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from services.reporting import AnalyticsEngine, TicketCounts
from tests.services.reporting.conftest import MakeEngine
from tests.services.reporting.ledgers import (
    DONE,
    START,
    Action,
    MemoryLedger,
    busy_desk,
    history,
    recorded_in_turn,
)

LATER = START + timedelta(days=300)
SCOPES = (None, frozenset({"first"}), frozenset({"second"}), frozenset({"first", "second"}), frozenset({"x"}))


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger(recorded_in_turn(busy_desk(80), START))


@pytest.fixture
def engine(make_engine: MakeEngine, ledger: MemoryLedger) -> AnalyticsEngine:
    engine = make_engine(ledger)
    engine.rebuild(now=LATER)
    engine.follow(now=LATER)
    return engine


@pytest.fixture
def counts(engine: AnalyticsEngine, tmp_path: Path) -> TicketCounts:
    """Read as another process does."""
    return TicketCounts(tmp_path / "copy")


def by_hand(ledger: MemoryLedger, teams: frozenset[str] | None) -> list[dict[str, object]]:
    """Take the last state of every ticket of some teams."""
    last = {event.ticket_id: event.state for event in sorted(ledger.events, key=lambda e: e.version)}
    return [state for state in last.values() if teams is None or state.get("team_id") in teams]


@pytest.mark.parametrize("teams", SCOPES, ids=lambda teams: "+".join(sorted(teams or ("all",))))
def test_a_tally_equals_an_independent_count(
    ledger: MemoryLedger, counts: TicketCounts, teams: frozenset[str] | None
) -> None:
    tally = counts.tally(now=LATER, teams=teams)
    states = by_hand(ledger, teams)
    unsolved = [state for state in states if state["status"] not in DONE]
    assert tally is not None
    assert (tally.unsolved, tally.done) == (len(unsolved), len(states) - len(unsolved))
    assert tally.by_team == Counter(state.get("team_id") for state in unsolved)
    assert tally.by_assignee == Counter(state.get("assignee_id") for state in unsolved)
    assert bool(tally.unsolved) == (teams != {"x"})


def test_the_age_is_that_of_what_was_followed(engine: AnalyticsEngine, counts: TicketCounts) -> None:
    tally = counts.tally(now=LATER + timedelta(seconds=9))
    assert tally is not None
    assert tally.as_of == LATER
    engine.follow(now=LATER + timedelta(seconds=10))
    again = counts.tally(now=LATER + timedelta(seconds=11))
    assert again is not None
    assert again.as_of == LATER + timedelta(seconds=10)
    assert again.unsolved == tally.unsolved


def test_a_change_is_counted_within_five_seconds_and_never_called_newer_than_it_is(
    engine: AnalyticsEngine, counts: TicketCounts, ledger: MemoryLedger
) -> None:
    before = counts.tally(now=LATER)
    changed_at = LATER + timedelta(seconds=1)
    ledger.events += history(900, changed_at, [Action(0, {"team_id": "first"})], recorded=changed_at)
    for second in (2, 3, 4):
        moment = LATER + timedelta(seconds=second)
        engine.follow(now=moment)
        assert counts.tally(now=moment) == before
    moment = LATER + timedelta(seconds=6)
    engine.follow(now=moment)
    after = counts.tally(now=moment)
    assert before is not None
    assert after is not None
    assert (after.as_of, after.unsolved) == (moment, before.unsolved + 1)


def test_there_are_no_counts_before_the_first_and_when_nobody_follows(
    counts: TicketCounts, tmp_path: Path
) -> None:
    assert counts.tally(now=LATER + timedelta(seconds=29)) is not None
    assert counts.tally(now=LATER + timedelta(seconds=31)) is None
    assert TicketCounts(tmp_path / "nowhere").tally(now=LATER) is None


def test_lost_counts_are_made_anew(engine: AnalyticsEngine, counts: TicketCounts, tmp_path: Path) -> None:
    before = counts.tally(now=LATER)
    (tmp_path / "copy" / "counts").unlink()
    assert counts.tally(now=LATER) is None
    engine.follow(now=LATER + timedelta(seconds=10))
    again = counts.tally(now=LATER + timedelta(seconds=10))
    assert before is not None
    assert again is not None
    assert again.by_assignee == before.by_assignee
