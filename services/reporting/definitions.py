"""The one definition of each figure; a text and its version change together."""

from collections.abc import Mapping
from dataclasses import dataclass

REOPEN_DAYS = 14

_ATTRIBUTION = "Team, priority, category and assignee are those the ticket had at that moment."


@dataclass(frozen=True)
class Definition:
    """The definition of a figure: unit ("count", "share" or "seconds"), text, formula, rules and version.

    **Asterisks** mark the key words of the text; the rules cover the edge cases.
    """

    unit: str
    text: str
    formula: str
    rules: str
    version: int = 1


DEFINITIONS: Mapping[str, Definition] = {
    "created": Definition(
        "count",
        "Tickets **created** in the period.",
        "count(created in period)",
        f"Unassigned tickets are included. {_ATTRIBUTION}",
    ),
    "solved": Definition(
        "count",
        "Tickets solved **for the first time** in the period, whenever they were created.",
        "count(first solved in period)",
        f"A ticket closed without being solved counts at its closing. {_ATTRIBUTION}",
    ),
    "backlog": Definition(
        "count",
        "Tickets that were **new, open, pending or on hold** at the end of the period.",
        "unsolved at start + created + reopened \N{MINUS SIGN} solved",
        f"Computed by replaying the ledger. A period that goes on ends at the moment of the figure. {_ATTRIBUTION}",
    ),
    "first_response": Definition(
        "seconds",
        "Median of the time from **created** to the **first public reply by a person**, around the clock.",
        "median(created \N{RIGHTWARDS ARROW} first reply)",
        "Counted on the day of the reply. Automatic replies and internal notes do not count; reopening or "
        f"moving a ticket never resets it. {_ATTRIBUTION}",
    ),
    "unreplied": Definition(
        "count",
        "Unsolved tickets that **no person has answered** in public yet.",
        "count(unsolved, no first reply)",
        _ATTRIBUTION,
    ),
    "oldest_unreplied": Definition(
        "seconds",
        "Time since the creation of the **oldest unsolved ticket** no person has answered in public yet.",
        "end of the period \N{MINUS SIGN} min(created)",
        "Counted around the clock.",
    ),
    "full_resolution": Definition(
        "seconds",
        "Median of the time from **created** to **last solved**, around the clock.",
        "median(created \N{RIGHTWARDS ARROW} last solved)",
        "Counted on the day of that solve. A ticket closed without being solved counts at its closing; a "
        f"reopened ticket has none until it is solved again. {_ATTRIBUTION}",
    ),
    "reopen_rate": Definition(
        "share",
        "Of the tickets **first solved** in the period, the share **reopened within "
        f"{REOPEN_DAYS} days** of that solve.",
        f"reopened within {REOPEN_DAYS} d / first solved",
        f"Solves younger than {REOPEN_DAYS} days can still be reopened. {_ATTRIBUTION}",
    ),
}

# Why tickets were left out of a figure, as its explanation says.
NO_REPLY = "solved without a reply"
BEFORE_CREATION = "stamped before the ticket's creation"
REOPENED = "reopened since"
