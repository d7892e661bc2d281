"""Made-up tickets of an invented helpdesk: two years of them, always the same for one size and seed.

Five teams, 20 agents and 2,000 customers, all equally busy. One ticket in 21 has no agent; each has three
follow-ups. The text of a ticket depends only on the seed and its number. This file uses nothing but the
standard library, so that the bench of another checkout can load it by its path.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypedDict

SEED = 20_26
END = datetime(2026, 7, 1, tzinfo=UTC)
SPAN = timedelta(days=730)
AGENTS, CUSTOMERS, FOLLOW_UPS = 20, 2_000, 3
STATUSES, PRIORITIES = 5, 4
SHORTEST_GAP, LONGEST_GAP = timedelta(minutes=20), timedelta(hours=33)
OPENING_WORDS, FOLLOW_UP_WORDS = 70, 32  # at least; the last sentence is always complete

# What each team hears about: things, and what is wrong with them. These become titles, and no character of a
# title needs escaping in HTML: older checkouts escape an apostrophe differently from their own pages.
TEAMS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "Workplace": (
        ("the docking station", "my second screen", "the label printer", "the loan laptop", "a headset"),
        ("goes dark after lunch", "makes a grinding noise", "prints every page twice", "refuses to charge"),
    ),
    "Accounts": (
        (
            "the new login",
            "my authenticator",
            "the team mailbox",
            "the guest account",
            "single sign-on",
        ),
        ("asks for a code that never arrives", "has the wrong surname", "was closed too early", "loops back"),
    ),
    "Invoices": (
        (
            "invoice 4711",
            "the credit note for March",
            "our direct debit",
            "the yearly plan",
            "an expense",
        ),
        ("shows the old rate", "was booked twice", "lacks the order number", "went to the old address"),
    ),
    "Connectivity": (
        (
            "the room 12 wifi",
            "the tunnel to Lyon",
            "our file share",
            "the video bridge",
            "the core switch",
        ),
        (
            "drops every twenty minutes",
            "is slower than a modem",
            "locks everyone out",
            "resets at noon",
        ),
    ),
    "Buildings": (
        (
            "the badge reader",
            "the goods lift",
            "a radiator upstairs",
            "the bicycle gate",
            "the meeting room",
        ),
        ("beeps but stays shut", "is out of order again", "leaks on the carpet", "stops halfway"),
    ),
}
QUEUE_NAMES = list(TEAMS)
SINCE = (
    "since Monday",
    "since the update",
    "for three days now",
    "on and off for weeks",
    "this morning",
)
EFFECTS = (
    "Six colleagues are waiting and share one desk meanwhile.",
    "It is not urgent, but the quarter closes on Friday.",
    "We found a way around it that takes twice as long.",
    "Visitors arrive at ten and will need it.",
    "Nobody is blocked, we only want to know why.",
    "The whole shift had to be planned again because of it.",
)
ATTEMPTS = (
    "I switched it off and on again, which helped for an hour.",
    "The steps in the handbook end at a screen that looks different here.",
    "A colleague with the same set-up has no trouble at all.",
    "I looked for an earlier ticket and found one that was closed without an answer.",
    "Nothing else was changed that we know of.",
    "I can send pictures and the exact time if that is of use.",
)
ANSWERS = (
    "Thanks for the details, that narrows it down a lot.",
    "Could you try it once more and tell me the time to the minute?",
    "It happened again, at about the same hour as before.",
    "I have put in a replacement and will look at the old one here.",
    "The supplier confirms the fault and sends somebody tomorrow.",
    "That worked on one machine; the other still behaves as described.",
    "We compared both settings and there was one difference, which is gone now.",
    "I am out of the office until Wednesday, please write to the team meanwhile.",
    "The log names a timeout that began when the certificate was renewed.",
    "Let us leave this open for a week and see whether it stays quiet.",
)


class Ticket(TypedDict):
    """One ticket. Status, priority, queue, agent and customer are numbers, counted from 0."""

    n: int
    title: str
    body: str
    status: int
    priority: int
    queue: int
    agent: int | None
    customer: int
    created: datetime
    followups: list[tuple[datetime, str, bool]]  # time, text, and a coin toss that decides who writes


def tickets(size: int, seed: int = SEED) -> Iterator[Ticket]:
    """Yield `size` tickets, the oldest first, spread evenly over the two years before END."""
    for number in range(size):
        created = END - SPAN * ((size - number) / size)
        yield _ticket(number, created, Random(f"{seed}/{number}"))


def _ticket(number: int, created: datetime, rng: Random) -> Ticket:
    queue = rng.randrange(len(QUEUE_NAMES))
    things, faults = TEAMS[QUEUE_NAMES[queue]]
    complaint = f"{rng.choice(things)} {rng.choice(faults)}"
    holder = rng.randrange(AGENTS + 1)
    opening = f"Hello, {complaint} {rng.choice(SINCE)}."
    return Ticket(
        n=number,
        title=complaint[0].upper() + complaint[1:],
        body=_paragraph(rng, opening, ATTEMPTS + EFFECTS, OPENING_WORDS),
        status=rng.randrange(STATUSES),
        priority=rng.randrange(PRIORITIES),
        queue=queue,
        agent=holder if holder < AGENTS else None,
        customer=rng.randrange(CUSTOMERS),
        created=created,
        followups=_follow_ups(rng, created),
    )


def _follow_ups(rng: Random, created: datetime) -> list[tuple[datetime, str, bool]]:
    follow_ups, at = [], created
    shortest, longest = (int(gap / timedelta(minutes=1)) for gap in (SHORTEST_GAP, LONGEST_GAP))
    for _ in range(FOLLOW_UPS):
        at += timedelta(minutes=rng.randint(shortest, longest))
        follow_ups.append(
            (at, _paragraph(rng, rng.choice(ANSWERS), ANSWERS, FOLLOW_UP_WORDS), rng.random() < 0.5)
        )
    return follow_ups


def _paragraph(rng: Random, opening: str, sentences: Sequence[str], least: int) -> str:
    """Continue an opening with sentences in random order until it has `least` words."""
    text = opening
    for sentence in rng.sample(sentences, len(sentences)):
        if text.count(" ") + 1 >= least:
            break
        if sentence != opening:
            text += " " + sentence
    return text
