"""The one place that says what each figure means; a text and its version change together."""

from collections.abc import Mapping
from dataclasses import dataclass

REOPEN_DAYS = 14

_HELD = "Team, priority, category and assignee are those the ticket had at that moment."


@dataclass(frozen=True)
class Definition:
    """What a figure means: its unit ("count", "share" or "seconds"), text and version."""

    unit: str
    text: str
    version: int = 1


DEFINITIONS: Mapping[str, Definition] = {
    "created": Definition("count", f"Tickets created in the period, unassigned ones included. {_HELD}"),
    "solved": Definition(
        "count",
        "First solves: tickets that became solved, or closed without being solved, for the first time in "
        f"the period, whenever they were created. {_HELD}",
    ),
    "backlog": Definition(
        "count",
        "Tickets that were new, open, pending or on hold at the end of the period, or now when it has not "
        f"ended, by replaying the ledger. {_HELD}",
    ),
    "first_response": Definition(
        "seconds",
        "Calendar time from creation to the first public reply by a human agent, median, counted on the "
        "day of the reply. Automatic replies and internal notes do not count; reopening or moving a "
        f"ticket never resets it. {_HELD}",
    ),
    "unreplied": Definition(
        "count", f"Unsolved tickets that no human agent has answered in public yet. {_HELD}"
    ),
    "oldest_unreplied": Definition(
        "seconds",
        "Calendar time since the creation of the oldest unsolved ticket that no human agent has answered "
        "in public yet.",
    ),
    "full_resolution": Definition(
        "seconds",
        "Calendar time from creation to the last solve, median, counted on the day of that solve. A "
        "ticket closed without being solved counts its closing; a reopened ticket has none until it is "
        f"solved again. {_HELD}",
    ),
    "reopen_rate": Definition(
        "share",
        f"Of the tickets first solved in the period, the share that was reopened within {REOPEN_DAYS} "
        f"days of that solve. Solves younger than {REOPEN_DAYS} days can still be reopened. {_HELD}",
    ),
}

# Why something was left out of a figure, in the words of its explanation.
NO_REPLY = "solved without a reply"
BEFORE_CREATION = "stamped before the ticket's creation"
REOPENED = "reopened since"
