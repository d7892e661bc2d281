"""Whatever is sent: a clear message, or it is stored and read back as it was cleaned."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pynamodb_grid.listing import ListingError
from services.errors import Invalid, ServiceError
from services.tickets import BODY_BYTES, SUBJECT_LENGTH, Condition, ListRequest, Op, Sort, TicketNotFound
from services.tickets.validation import clean_body, clean_changes, clean_subject
from tests.services.harness import history, kinds

WILD = st.text(
    st.characters(codec=None, exclude_categories=()) | st.sampled_from("\x00\r\n\u202e\u200d\ud800\u0301 ")
)
WRONG_TYPES = [0, 1, 1.5, True, b"x", [], ["x"], {}, {"a": 1}, object()]
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def refusal(act):
    """Return what an act is refused with, None when it is not."""
    try:
        act()
    except Invalid as refused:
        return refused
    return None


@quiet
@given(subject=WILD, body=WILD)
@example(subject="x" * 200, body="é" * (BODY_BYTES // 2))
@example(subject="\U0001f525" * 200, body="\U0001f525" * (BODY_BYTES // 4))
@example(subject="שלום\u202e x", body="\u2067 مرحبا \u2069\r\n\x00")
def test_text_is_stored_as_cleaned_or_refused(harness, agent, subject, body):
    refused = [refusal(lambda: clean_subject(subject)), refusal(lambda: clean_body(body))]
    if any(refused):
        with pytest.raises(Invalid) as again:
            harness.ticket(agent, subject=subject, body=body)
        wrong = {name: text for one in refused if one for name, text in one.fields.items()}
        assert again.value.fields == wrong
        assert wrong.keys() <= {"subject", "body"}
        return
    ticket = harness.ticket(agent, subject=subject, body=body)
    assert ticket.subject == clean_subject(subject)
    stored, events = harness.services.tickets.service.timeline(actor=agent, ticket_id=ticket.ticket_id)
    assert (stored, events[0].body) == (ticket, clean_body(body))
    after = harness.update(agent, ticket, subject=f"{ticket.subject[:190]} again", body=body, public=False)
    assert history(ticket)[1].body == clean_body(body)
    assert harness.get(agent, ticket) == after


@pytest.mark.parametrize(
    ("length", "fits"), [(SUBJECT_LENGTH, True), (SUBJECT_LENGTH + 1, False), (10**6, False), (0, False)]
)
def test_the_length_of_a_subject(length, fits):
    for character in ("x", "é", "\U0001f525"):
        if fits:
            assert clean_subject(character * length) == character * length
        else:
            told = "at most 200 characters" if length else "Write a subject first"
            with pytest.raises(Invalid, match=told):
                clean_subject(character * length)


@pytest.mark.parametrize("character", ["x", "é", "€", "\U0001f525"])
def test_the_length_of_a_message_is_in_bytes(character):
    most = BODY_BYTES // len(character.encode())
    assert clean_body(character * most) == character * most
    assert clean_body(f"\r\n{character * most} \n") == character * most
    for count in (most + 1, 10 * BODY_BYTES):
        with pytest.raises(Invalid, match="64 KB"):
            clean_body(character * count)


@pytest.mark.parametrize("nothing", ["", " ", "\r\n\t", "\x00\x01", "\ud800", "\u200b\u200d", "\ufeff"])
def test_nothing_is_no_message(nothing):
    with pytest.raises(Invalid, match="Write a message"):
        clean_body(nothing)
    with pytest.raises(Invalid):
        clean_subject(nothing)


@pytest.mark.parametrize("value", WRONG_TYPES)
def test_wrong_types_are_refused(harness, agent, customer, value):
    ticket = harness.ticket(customer)
    for name in ("subject", "status", "priority", "category", "team_id", "assignee_id"):
        with pytest.raises(Invalid, match=f"{name} must be a string") as refused:
            clean_changes({name: value})
        assert refused.value.fields == {name: "Must be a string."}
    for way in (
        lambda: harness.ticket(customer, subject=value),
        lambda: harness.ticket(customer, body=value),
        lambda: harness.update(agent, ticket, body=value),
        lambda: harness.services.tickets.service.customer_reply(
            actor=customer, now=harness.now(), ticket_id=ticket.ticket_id, body=value
        ),
    ):
        with pytest.raises(Invalid, match="must be a string"):
            way()
    assert kinds(ticket) == ["created"]


@given(st.dictionaries(WILD, WILD | st.none() | st.integers(), max_size=4))
def test_changes_are_clean_or_refused(changes):
    try:
        cleaned = clean_changes(changes)
    except Invalid:
        return
    assert cleaned.keys() == changes.keys() <= {
        "subject", "status", "priority", "category", "team_id", "assignee_id",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "version",
        "ticket_id",
        "requester_id",
        "created_at",
        "reopens",
        "stint",
        "state_key",
        "custom.x",
        "",
        "x" * 9999,
    ],
)
def test_what_is_not_for_editing_is_refused(harness, agent, customer, name):
    ticket = harness.ticket(customer)
    with pytest.raises(Invalid, match="cannot be changed here"):
        harness.services.tickets.service.update(
            actor=agent,
            now=harness.now(),
            ticket_id=ticket.ticket_id,
            expected_version=1,
            changes={name: "x", "status": "open"},
        )
    assert kinds(ticket) == ["created"]


@pytest.mark.parametrize("value", ["nonsense", "x" * 10**5, "\x00", "\ud800", "OPEN", "open "])
def test_unknown_values_are_refused(harness, agent, customer, value):
    ticket = harness.ticket(customer)
    for name in ("status", "priority", "category", "team_id", "assignee_id"):
        with pytest.raises(Invalid) as refused:
            harness.update(agent, ticket, **{name: value})
        assert refused.value.fields.keys() == {name}
    for name in ("priority", "category", "team_id", "assignee_id", "channel"):
        with pytest.raises(Invalid) as refused:
            harness.ticket(agent, **{name: value})
        assert refused.value.fields.keys() == {name}
    with pytest.raises(ServiceError):
        harness.ticket(agent, requester_id=value)
    for required in ("status", "priority", "subject"):
        with pytest.raises(Invalid):
            harness.update(agent, ticket, **{required: ""})
    assert kinds(ticket) == ["created"]


@pytest.mark.parametrize(
    "cursor", ["x", "", "A" * 7000, "\ud800", "é", "AAAA", "=" * 9, "../../etc/passwd", "\x00"]
)
def test_hostile_cursors_are_refused(harness, agent, cursor):
    request = ListRequest((), Sort("updated_at"), 25, cursor)
    with pytest.raises(ListingError, match="page link"):
        harness.services.tickets.service.page(actor=agent, request=request)


def test_a_cursor_with_one_character_changed_is_refused(harness, agent):
    for _ in range(3):
        harness.ticket(agent)
    request = ListRequest((Condition("requester_id", Op.EQ, agent.user_id),), Sort("updated_at"), 1)
    cursor = harness.services.tickets.service.page(actor=agent, request=request).next_cursor
    for position in range(0, len(cursor) - 1, 7):
        other = "A" if cursor[position] != "A" else "B"
        bent = ListRequest(
            request.conditions, request.sort, 1, cursor[:position] + other + cursor[position + 1 :]
        )
        with pytest.raises(ListingError, match="page link"):
            harness.services.tickets.service.page(actor=agent, request=bent)


@quiet
@given(
    field=st.sampled_from(["status", "state", "priority", "assignee_id", "team_id", "created_at", "x"])
    | WILD,
    op=st.sampled_from(Op),
    value=WILD | st.none() | st.integers() | st.lists(WILD, max_size=3) | st.booleans() | st.datetimes(),
    sort=st.sampled_from(["updated_at", "priority", "x"]) | WILD,
    size=st.integers(-1, 300) | st.booleans() | st.none(),
)
def test_wild_lists_are_answered_or_refused(harness, *, agent, customer, field, op, value, sort, size):
    request = ListRequest((Condition(field, op, value),), Sort(sort), size)
    for actor in (agent, customer):
        with suppress(ListingError):
            harness.services.tickets.service.page(actor=actor, request=request)


@pytest.mark.parametrize("number", [-1, 0, 10**15, 10**18, 10**60])
def test_huge_numbers_are_not_there(harness, agent, number):
    with pytest.raises(TicketNotFound):
        harness.services.tickets.service.timeline(actor=agent, ticket_id=number)
