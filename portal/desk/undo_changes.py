"""Taking changes back, one or many: each is checked on its own, and the answer says what became of it."""

import re
from dataclasses import dataclass, field

from portal.desk.choices import Reader, field_label
from portal.web.guards import actor, now, services
from services.errors import Invalid, ServiceError, Unavailable
from services.tickets import AlreadyUndone, ChangedSince, Ticket

MOST = 200
SHOWN = 5  # what is flashed travels in a cookie
_CHANGE = re.compile(r"([0-9]{1,15}):([0-9]{1,9})")


@dataclass
class Outcome:
    """What became of the changes that were to be undone."""

    undone: list[Ticket] = field(default_factory=list)
    already: int = 0
    problems: list[str] = field(default_factory=list)

    def message(self) -> str:
        """Say it in one line."""
        done, left = len(self.undone), len(self.problems)
        total = done + left + self.already
        if total == self.already:
            return "Already undone."
        if total == 1:
            return self.problems[0] if left else _restored(self.undone[0])
        parts = [f"{done} of {total} changes undone" if done < total else f"{done} changes undone"]
        parts += [f"{self.already} already undone"] if self.already else []
        parts += [f"{left} not changed"] if left else []
        return ", ".join(parts) + "."

    def details(self) -> list[str]:
        """List why some were left, as far as there is room, unless the one line says it."""
        if not self.undone and len(self.problems) + self.already == 1:
            return []
        more = len(self.problems) - SHOWN
        return self.problems[:SHOWN] + ([f"And {more} more that were not changed."] if more > 0 else [])


def named(texts: list[str]) -> list[tuple[int, int]]:
    """Read changes as `ticket:version`, once each, several of them in one text too; raises Invalid."""
    matches = [_CHANGE.fullmatch(text) for text in dict.fromkeys(" ".join(texts).split())]
    if not 1 <= len(matches) <= MOST or None in matches:
        raise Invalid(f"Choose 1 to {MOST} changes to undo.")
    return [(int(match[1]), int(match[2])) for match in matches if match]


def undo(changes: list[tuple[int, int]]) -> Outcome:
    """Take changes back, the latest version of a ticket first; one that cannot be leaves the others alone."""
    outcome = Outcome()
    for ticket_id, version in sorted(changes, key=lambda change: (change[0], -change[1])):
        try:
            ticket = services().tickets.service.undo(
                actor=actor(), now=now(), ticket_id=ticket_id, version=version
            )
            outcome.undone.append(ticket)
        except AlreadyUndone:
            outcome.already += 1
        except ChangedSince as moved:
            outcome.problems.append(f"#{ticket_id}: {_moved(moved)}")
        except Unavailable:
            if not outcome.undone:
                raise
            outcome.problems.append(
                f"#{ticket_id}: the ticket cannot be reached right now. Try again in a moment."
            )
        except ServiceError as refused:
            outcome.problems.append(f"#{ticket_id}: {refused.message}")
    return outcome


def _restored(ticket: Ticket) -> str:
    values = {name: getattr(ticket, name) for name in sorted(ticket.wrote)}
    reader = Reader({values.get("assignee_id")})
    parts = [f"{field_label(n).lower()} {reader.words(n, value) or 'none'}" for n, value in values.items()]
    return f"Undone. #{ticket.ticket_id} has {', '.join(parts)} again."


def _moved(moved: ChangedSince) -> str:
    reader = Reader(set(moved.fields.values()))
    parts = [f"{field_label(name).lower()} by {reader.person(who)}" for name, who in moved.fields.items()]
    return f"changed since, {', '.join(parts)}. Nothing was undone."
