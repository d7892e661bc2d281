"""The pure functions over a ticket's fields: whatever happens, the history folds to the ticket."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import ticket as ticket_table
from models.ticket import Ticket
from models.ticket_fields import PRIORITIES, STATUSES, TicketFields
from models.times import from_text, to_text
from services.tickets.fields import (
    BrokenLedger,
    apply,
    diff,
    evolve,
    fold,
    from_json,
    is_done,
    state_of,
    to_json,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = st.text(min_size=1, max_size=12)
AGENTS = st.sampled_from(["ana", "bo", "cy", None])
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "subject": TEXT,
        "status": st.sampled_from(STATUSES),
        "priority": st.sampled_from(PRIORITIES),
        "category": TEXT | st.none(),
        "team_id": TEXT | st.none(),
        "assignee_id": AGENTS,
        "custom.floor": st.integers(0, 9) | TEXT | st.none(),
    },
)
STEPS = st.lists(st.tuples(CHANGES, st.booleans()), max_size=12)
FIRST = {"subject": "S", "status": "new", "priority": "normal", "requester_id": "carl", "channel": "web"}


def play(steps):
    """Play steps a minute apart; returns (time, replied, fields after, changes) of each version."""
    before, told = None, []
    for number, (changes, replied) in enumerate([(FIRST, False), *steps]):
        at = START + timedelta(minutes=number)
        after = evolve(before, changes, at=at, version=number + 1, public_reply_by_agent=replied)
        told.append((at, replied, after, diff(before, after)))
        before = after
    return told


def test_what_is_told_of_the_first_version():
    ((at, _, after, changes),) = play([])
    assert to_json(after) == FIRST | {
        "created_at": to_text(at), "reopens": 0, "reassigns": 0, "agent_replies": 0,
    }  # fmt: skip
    assert changes == {name: [None, value] for name, value in to_json(after).items()}
    assert "subject" not in state_of(after)


@given(STEPS)
def test_every_history_folds_to_its_ticket(steps):
    told = play(steps)
    stored = [json.loads(json.dumps(changes)) for *_, changes in told]
    assert list(fold(stored)) == [after for _, _, after, _ in told]
    for before, (_, _, after, changes) in zip([{}, *(to_json(t[2]) for t in told)], told, strict=False):
        assert apply(before, changes) == to_json(after)
        assert from_json(to_json(after)) == after
        assert diff(after, after) == {}
        assert all(old != new for old, new in changes.values())
        assert None not in to_json(after).values()


@given(STEPS)
def test_what_follows_from_the_steps(steps):
    """Compare the derived fields with an account kept in the plainest way."""
    told = play(steps)
    status, agent = [t[2].status for t in told], [t[2].assignee_id for t in told]
    moments, after = [t[0] for t in told], told[-1][2]
    pairs = list(zip(status, status[1:], moments[1:], strict=False))
    solves = [at for was, now, at in pairs if is_done(now) and not is_done(was)]
    closings = [at for was, now, at in pairs if now == "closed" != was]
    replies = [at for at, replied, *_ in told if replied]
    assert after.reopens == sum(is_done(was) and not is_done(now) for was, now, _ in pairs)
    assert after.reassigns == sum(
        was is not None and now is not None and was != now for was, now in pairwise(agent)
    )
    assert after.agent_replies == len(replies)
    assert after.first_response_at == (replies[0] if replies else None)
    assert after.first_solved_at == (solves[0] if solves else None)
    assert after.solved_at == (solves[-1] if is_done(status[-1]) else None)
    assert after.closed_at == (closings[-1] if status[-1] == "closed" else None)
    assert (after.assignment_key is not None) == (agent[-1] is not None)


@given(STEPS, st.data())
def test_a_changed_old_value_breaks_the_fold(steps, data):
    changes = [json.loads(json.dumps(t[3])) for t in play(steps)]
    position = data.draw(st.sampled_from([i for i, change in enumerate(changes) if change]))
    name = data.draw(st.sampled_from(sorted(changes[position])))
    changes[position][name][0] = "something nobody wrote down before"
    with pytest.raises(BrokenLedger, match=name):
        list(fold(changes))


@given(STEPS, st.data())
def test_a_changed_new_value_breaks_the_fold_or_shows_in_its_end(steps, data):
    told = play(steps)
    changes = [json.loads(json.dumps(t[3])) for t in told]
    position = data.draw(st.sampled_from([i for i, change in enumerate(changes) if change]))
    name = data.draw(st.sampled_from(sorted(changes[position])))
    changes[position][name][1] = "something nobody wrote down after"
    try:
        end = list(fold(changes))[-1]
    except BrokenLedger:
        return
    assert end != told[-1][2]


def test_a_missing_change_breaks_the_fold_or_shows_in_its_end():
    told = play([({"status": "open"}, False), ({"status": "solved"}, False)])
    with pytest.raises(BrokenLedger, match="status was 'new', the change says 'open'"):
        list(fold([told[0][3], told[2][3]]))
    assert list(fold([told[0][3], told[1][3]]))[-1] != told[2][2]


@given(STEPS)
def test_a_ticket_stores_its_fields(steps):
    fields = play(steps)[-1][2]
    item = ticket_table.compose(ticket_id=7, version=3, updated_at=START, fields=fields, shards=4)
    read = Ticket.from_raw_data(item.serialize())
    assert TicketFields(**ticket_table.values_of(read)) == fields
    assert ticket_table.is_keyed(read)
    side = "done" if is_done(fields.status) else "open"
    assert (read.state_key, read.state_at) == (f"{side}#3", f"{side}#{to_text(START)}")


def test_from_and_to_nobody_is_no_reassignment():
    told = play([({"assignee_id": who}, False) for who in ("ana", None, "bo", "cy", "cy")])
    assert [t[2].reassigns for t in told] == [0, 0, 0, 0, 1, 1]


def test_solved_then_closed_keeps_when_it_was_solved():
    told = play([({"status": s}, False) for s in ("solved", "closed", "open", "closed")])
    assert told[2][2].solved_at == told[1][0]
    assert told[2][2].closed_at == told[2][0]
    assert (told[3][2].solved_at, told[3][2].closed_at) == (None, None)
    assert told[3][2].first_solved_at == told[1][0]
    assert told[4][2].solved_at == told[4][2].closed_at == told[4][0]


def test_figures_an_import_brings_stand():
    after = evolve(None, FIRST | {"reopens": 4, "first_response_at": to_text(START)}, at=START, version=1)
    assert (after.reopens, after.first_response_at) == (4, START)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rgion": [None, "x"]}, "no field 'rgion'"),
        ({"created_at": [to_text(START), "noon"]}, "not a ticket"),
        ({"priority": ["normal", None]}, "not a ticket"),
    ],
)
def test_what_no_ticket_can_be_breaks_the_fold(changes, message):
    ((*_, first),) = play([])
    with pytest.raises(BrokenLedger, match=message):
        list(fold([first, changes]))


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.just(UTC)))
def test_the_order_of_texts_is_the_order_of_times(one, other):
    moment = one.astimezone(UTC)  # Python compares a repeated hour of two zones as unequal
    assert from_text(to_text(one)) == moment
    assert (to_text(one) < to_text(other)) == (moment < other)
