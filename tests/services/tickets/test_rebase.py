"""What becomes of a change made from an older version, and which steps the workflow allows."""

from datetime import timedelta

import pytest

from services.errors import Invalid
from services.tickets import REOPEN_WITHIN, STATUSES, Clash, Conflict, NotAllowedNow
from tests.services.harness import history, kinds

FORM = ("subject", "status", "priority", "category", "team_id", "assignee_id")


@pytest.fixture
def ticket(house, customer):
    return house.ticket(customer, category="hardware")


def form(ticket, **chosen):
    """Fill in a form as it was shown, with some fields chosen anew."""
    return {name: getattr(ticket, name) or "" for name in FORM} | chosen


def test_two_forms_that_send_everything_keep_both_changes(house, agent, colleague, ticket):
    house.update(agent, ticket, **form(ticket, priority="high", assignee_id=agent.user_id))
    after = house.update(colleague, ticket, **form(ticket, status="pending", category="software"))
    assert (after.priority, after.assignee_id, after.status, after.category) == (
        "high", agent.user_id, "pending", "software",
    )  # fmt: skip
    assert set(history(ticket)[2].changes) == {"status", "category"}


def test_a_clash_names_what_was_what_is_and_what_was_wanted(house, agent, colleague, customer, ticket):
    house.update(agent, ticket, priority="high", team_id="support", status="open")
    house.update(customer, ticket, seen=2, body="Any news?")
    with pytest.raises(Conflict) as caught:
        house.update(colleague, ticket, **form(ticket, priority="low", category="software"))
    found = caught.value
    assert found.clashes == [Clash("priority", "normal", "high", "low")]
    assert (found.seen, found.version) == (1, 3)
    assert (found.by, found.at) == (agent.user_id, history(ticket)[1].at), (
        "who changed it, not who wrote last"
    )
    assert found.yours_only == {"category": ("hardware", "software")}
    assert found.theirs_only == {"team_id": (None, "support"), "status": ("new", "open")}
    assert kinds(ticket) == ["created", "changed", "replied"]


def test_every_clashing_field_is_named(house, agent, colleague, ticket):
    house.update(agent, ticket, priority="high", category="", subject="Toner")
    with pytest.raises(Conflict) as caught:
        house.update(colleague, ticket, priority="low", category="software", subject="Paper")
    assert [(c.field, c.old, c.theirs, c.yours) for c in caught.value.clashes] == [
        ("priority", "normal", "high", "low"),
        ("category", "hardware", None, "software"),
        ("subject", "Printer on fire", "Toner", "Paper"),
    ]


def test_nothing_of_a_clashing_change_is_written(house, agent, colleague, ticket):
    house.update(agent, ticket, priority="high")
    with pytest.raises(Conflict):
        house.update(
            colleague, ticket, priority="low", status="solved", body="Done.", assignee_id=agent.user_id
        )
    assert kinds(ticket) == ["created", "changed"]
    assert house.services.assignments.held(ticket.ticket_id) == []


def test_the_same_value_on_both_sides_is_no_clash(house, agent, colleague, ticket):
    house.update(agent, ticket, priority="high", status="open")
    after = house.update(colleague, ticket, priority="high", status="open")
    assert after.version == 2
    after = house.update(colleague, ticket, priority="high", category="")
    assert history(after)[-1].changes == {"category": ["hardware", None]}


def test_a_field_changed_and_changed_back_is_no_clash(house, agent, colleague, ticket):
    there = house.update(agent, ticket, priority="high")
    house.update(agent, there, priority="normal")
    assert house.update(colleague, ticket, priority="low").priority == "low"


def test_a_field_left_as_it_was_shown_is_no_wish(house, agent, colleague, ticket):
    house.update(agent, ticket, priority="high")
    after = house.update(colleague, ticket, **form(ticket, body="Hello."))
    assert after.priority == "high"


def test_a_reply_with_a_stale_status_keeps_the_newer_one(house, agent, colleague, ticket):
    house.update(agent, ticket, status="pending")
    after = house.update(colleague, ticket, status="new", body="A word in between.")
    assert (after.status, kinds(ticket)) == ("pending", ["created", "changed", "replied"])
    with pytest.raises(Conflict):
        house.update(colleague, ticket, status="solved", body="Solved from an old page.")
    assert len(history(ticket)) == 3


def test_a_note_leaves_the_status_a_reply_opens_a_new_ticket(house, agent, ticket):
    noted = house.update(agent, ticket, body="Look at this.", public=False)
    assert noted.status == "new"
    assert house.update(agent, noted, body="Hello.").status == "open"


def test_a_reply_may_set_the_status_itself(house, agent, ticket):
    assert house.update(agent, ticket, body="Which printer?", status="pending").status == "pending"


@pytest.mark.parametrize("seen", [2, 99, 10**40])
def test_a_version_that_is_not_reached_yet_is_refused(house, agent, ticket, seen):
    with pytest.raises(Invalid, match="has not reached"):
        house.update(agent, ticket, seen=seen, priority="low")


@pytest.mark.parametrize("seen", [-1, -(10**9)])
def test_before_the_first_version_everything_clashes(house, agent, ticket, seen):
    with pytest.raises(Conflict):
        house.update(agent, ticket, seen=seen, priority="low")


def test_what_is_no_longer_offered_stays_on_old_tickets(house, agent, customer):
    """An agent saves a form full of values that nobody could choose any more."""
    admin, gone = house.actor("administrator"), house.actor("agent")
    catalog = house.services.catalog
    team = catalog.save(
        now=house.now(), actor=admin, kind="team", id_=None, name="Night shift", active=True, seen=0
    )
    category = catalog.save(
        now=house.now(), actor=admin, kind="category", id_=None, name="Fax", active=True, seen=0
    )
    made = house.ticket(customer, category=category.id)
    made = house.update(agent, made, team_id=team.id, assignee_id=gone.user_id)
    for entry in (team, category):
        catalog.save(
            now=house.now(),
            actor=admin,
            kind=entry.kind,
            id_=entry.id,
            name=entry.name,
            active=False,
            seen=1,
        )
    house.services.users.update(now=house.now(),
        actor=admin, user_id=gone.user_id, seen=1, name="Gone", email="", role_id="agent", active=False,
        team_ids=(),
    )  # fmt: skip
    after = house.update(agent, made, **form(made, priority="high"))
    assert (after.priority, after.team_id, after.category) == ("high", team.id, category.id)
    other = house.ticket(customer)
    for name, value in (("team_id", team.id), ("category", category.id), ("assignee_id", gone.user_id)):
        with pytest.raises(Invalid) as refused:
            house.update(agent, other, **{name: value})
        assert name in refused.value.fields


ALLOWED = {
    "new": "open pending on_hold solved closed",
    "open": "pending on_hold solved closed",
    "pending": "open on_hold solved closed",
    "on_hold": "open pending solved closed",
    "solved": "open closed",
    "closed": "open",
}


@pytest.mark.parametrize("was", STATUSES)
def test_the_workflow_decides_what_follows(house, agent, customer, was):
    assert house.services.workflow.allowed(was) == (was, *ALLOWED[was].split())
    for wanted in STATUSES:
        ticket = house.ticket(customer)
        if was != "new":
            ticket = house.update(agent, ticket, status=was)
        if wanted == was or wanted in ALLOWED[was].split():
            assert house.update(agent, ticket, status=wanted).status == wanted
        else:
            with pytest.raises(NotAllowedNow, match="cannot go from"):
                house.update(agent, ticket, status=wanted, body="With words.")
            assert house.get(agent, ticket) == ticket


def reply(house, customer, ticket, now=None, body="It burns again."):
    return house.services.tickets.customer_reply(
        actor=customer, now=now or house.now(), ticket_id=ticket.ticket_id, body=body
    )


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("new", "new"), ("open", "open"), ("pending", "open"), ("on_hold", "open"), ("solved", "open"),
        ("closed", "open"),
    ],
)  # fmt: skip
def test_a_customers_reply_opens_again(house, *, agent, customer, ticket, was, becomes):
    if was != "new":
        ticket = house.update(agent, ticket, status=was)
    after = reply(house, customer, ticket)
    assert after.status == becomes
    assert after.reopens == (was in ("solved", "closed"))
    assert (after.solved_at, after.closed_at) == (None, None)
    assert kinds(ticket)[-1] == "replied"
    assert house.violations(ticket) == []


def test_a_closed_ticket_opens_again_for_fourteen_days(house, agent, customer, ticket):
    ticket = house.update(agent, ticket, status="closed")
    late = ticket.closed_at + REOPEN_WITHIN
    with pytest.raises(NotAllowedNow, match="Open a new one"):
        reply(house, customer, ticket, late + timedelta(microseconds=1))
    assert len(history(ticket)) == 2
    assert reply(house, customer, ticket, late).status == "open"


def test_a_ticket_closed_at_an_unknown_time_stays_closed(house, customer):
    with pytest.raises(NotAllowedNow):
        house.services.workflow.after_customer_reply({"status": "closed"}, house.now())


def test_a_customer_solves_their_ticket_once(house, customer, ticket):
    solve = house.services.tickets.customer_solve
    solved = solve(actor=customer, now=house.now(), ticket_id=ticket.ticket_id)
    again = solve(actor=customer, now=house.now(), ticket_id=ticket.ticket_id)
    assert solved == again
    assert (solved.status, kinds(ticket)) == ("solved", ["created", "changed"])


def test_a_requester_who_works_on_the_desk_does_not_answer_themselves(house, agent, colleague):
    ticket = house.ticket(agent)
    ticket = house.update(agent, ticket, body="One more thing.")
    ticket = reply(house, agent, ticket)
    assert ticket.first_response_at is None
    answered = house.update(colleague, ticket, body="Here you are.")
    assert answered.first_response_at == answered.updated_at
    assert history(ticket)[-1].state["agent_replies"] == 1


class TestOnce:
    """The same wish that arrives twice is written once; another wish under the same key is another wish."""

    def test_create(self, house, customer):
        first = house.ticket(customer, once="k1")
        again = house.ticket(customer, once="k1")
        other = house.ticket(customer, once="k1", body="And the scanner smokes too.")
        assert first.ticket_id == again.ticket_id != other.ticket_id
        assert kinds(first) == ["created"]

    def test_a_key_is_ones_own(self, house, customer):
        stranger = house.actor("customer")
        assert house.ticket(customer, once="k2").ticket_id != house.ticket(stranger, once="k2").ticket_id

    def test_reply(self, house, agent, ticket):
        first = house.update(agent, ticket, body="Hello.", status="open", once="k3")
        again = house.update(agent, ticket, body="Hello.", status="open", once="k3")
        assert first == again
        assert kinds(ticket) == ["created", "replied"]

    def test_going_back_in_the_browser_and_writing_something_else(self, house, agent, ticket):
        house.update(agent, ticket, body="Hello.", once="k4")
        house.update(agent, ticket, body="I forgot: which floor?", once="k4")
        assert kinds(ticket) == ["created", "replied", "replied"]

    def test_customer_reply(self, house, customer, ticket):
        send = house.services.tickets.customer_reply
        for _ in range(2):
            send(actor=customer, now=house.now(), ticket_id=ticket.ticket_id, body="Hm.", once="k5")
        assert kinds(ticket) == ["created", "replied"]

    def test_the_same_words_to_two_tickets(self, house, agent, customer, ticket):
        other = house.ticket(customer)
        house.update(agent, ticket, body="Hello.", once="k6")
        house.update(agent, other, body="Hello.", once="k6")
        assert kinds(ticket) == kinds(other) == ["created", "replied"]

    def test_a_wish_granted_before_is_not_refused_for_what_happened_since(
        self, house, agent, colleague, ticket
    ):
        done = house.update(agent, ticket, body="Hello.", priority="high", status="solved", once="k7")
        moved = house.update(colleague, done, priority="low", status="closed")
        again = house.update(agent, ticket, body="Hello.", priority="high", status="solved", once="k7")
        assert again == moved
        assert kinds(ticket) == ["created", "replied", "changed"]
