"""ChangeFeed: every change that somebody may see, from a cursor on: gapless, at least once, in order per ticket.

The index behind it may show a change some seconds after a later one. So each page looks back over the last minute and
hands out what it had not seen; the cursor holds what was seen in that minute. Before a change of a ticket comes the
change that it follows, which is read from the ledger itself.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from itsdangerous import BadSignature, URLSafeSerializer

from models import ticket_history
from models.ticket_history import TicketHistory
from models.times import from_text, to_text
from services.errors import EngineUnavailable, Invalid
from services.tickets.ticket import Event
from services.tickets.writer import unavailable
from services.users.authorization import RoleService
from services.users.identity import Actor, Permission

OVERLAP = timedelta(seconds=60)  # after which a change is in the index, whatever was slow
MOST = 100  # changes in a page
LOOKED_AT = 500  # new changes that a page looks at, of which the reader may see few
DAYS = timedelta(days=31)  # that a page looks at, in which nothing may have happened
REMEMBERED = 400  # changes that a cursor remembers, so that it fits into an address
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadFeedCursor(Invalid):
    """The cursor is not one of this feed, or of somebody else."""

    def __init__(self) -> None:
        message = "This is not a cursor of your change feed. Start again without one."
        super().__init__(message, {"after": message})


@dataclass(frozen=True)
class Change:
    """One change of a ticket, as its reader may see it."""

    ticket_id: int
    recorded_at: datetime
    event: Event


@dataclass(frozen=True)
class FeedPage:
    """The next changes, the cursor after them, and whether there are more already."""

    changes: Sequence[Change]
    cursor: str
    more: bool


@dataclass(frozen=True)
class Place:
    """How far somebody has read: up to the key `reached`, and the keys that were `seen` after the key `floor`."""

    reached: str
    floor: str
    seen: frozenset[str] = frozenset()

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """Return the place before everything that is recorded from a moment on."""
        text = to_text(moment)
        return cls(reached=text, floor=text)

    @property
    def since(self) -> str:
        """Return from which key on changes may turn up that were not seen."""
        return max(self.floor, to_text(_time_of(self.reached) - OVERLAP))

    def has_seen(self, item: TicketHistory) -> bool:
        """Tell whether a change was handed out, or lies before everything that is."""
        return item.feed_at < self.since or item.feed_at in self.seen

    def after(self, items: Sequence[TicketHistory]) -> Self:
        """Return the place after some changes were looked at; of very many, the oldest are no longer remembered."""
        keys = {item.feed_at for item in items}
        moved = replace(self, reached=max([self.reached, *keys]))
        remembered = sorted(key for key in self.seen | keys if key >= moved.since)
        if len(remembered) > REMEMBERED:
            moved, remembered = (
                replace(moved, floor=f"{remembered[-REMEMBERED - 1]}~"),
                remembered[-REMEMBERED:],
            )
        return replace(moved, seen=frozenset(remembered))

    def packed(self) -> list[Any]:
        """Write the place as numbers that differ little, so that they can be compressed."""
        packed, last = [], 0
        for key in sorted(self.seen):
            time, ticket_id, version = key.split("#")
            at = _micros(from_text(time))
            packed += [at - last, int(ticket_id), int(version)]
            last = at
        return [self.reached, self.floor, packed]

    @classmethod
    def unpacked(cls, reached: str, floor: str, packed: list[int]) -> Self:
        """Read what `packed` wrote."""
        keys, at = [], 0
        for passed, ticket_id, version in zip(packed[::3], packed[1::3], packed[2::3], strict=True):
            at += passed
            moment = EPOCH + timedelta(microseconds=at)
            keys.append(ticket_history.feed_keys(ticket_id, version, moment, 1)["feed_at"])
        return cls(reached, floor, frozenset(keys))


class ChangeFeed:
    """Hands out the ledger to programs that follow it."""

    def __init__(self, *, roles: RoleService, keys: Sequence[bytes], shards: int) -> None:
        self._roles, self._shards = roles, shards
        self._signer = URLSafeSerializer(list(reversed(keys)))

    def page(
        self,
        *,
        actor: Actor,
        now: datetime,
        after: str | None = None,
        since: datetime | None = None,
        most: int = MOST,
    ) -> FeedPage:
        """Return changes after a cursor, or from a moment on, at most `most`; raises BadFeedCursor, PermissionDenied.

        Without both it returns none, and the cursor from which everything that happens now will follow.
        """
        self._roles.check_permission(actor=actor, permission=Permission.TICKET_VIEW, any_scope=True)
        place = self._read(actor, after) if after is not None else Place.at(since or now)
        try:
            return self._page(actor, place, now, min(most, MOST))
        except EngineUnavailable as error:
            raise unavailable() from error

    def latest(self, *, now: datetime) -> object:
        """Return what differs once anything was recorded: for those who wait."""
        return now.date(), ticket_history.latest_keys(now.date(), self._shards)

    def _page(self, actor: Actor, place: Place, now: datetime, most: int) -> FeedPage:
        taken: list[TicketHistory] = []
        shown: list[TicketHistory] = []
        more = False
        last = min(now + OVERLAP, _time_of(place.since) + DAYS)
        for item in ticket_history.recorded_in_order(place.since, last, self._shards):
            if place.has_seen(item):
                continue
            if len(shown) == most or len(taken) == LOOKED_AT:
                more = True
                break
            taken.append(item)
            if self._may_see(actor, item):
                shown.append(item)
        ordered = list(self._in_order(actor, place, shown))
        place = place.after([*taken, *ordered])
        if not more and last < now:
            more, place = True, replace(place, reached=max(place.reached, to_text(last)))
        return FeedPage([self._as_seen(actor, item) for item in ordered], self._written(actor, place), more)

    def _in_order(
        self, actor: Actor, place: Place, shown: Sequence[TicketHistory]
    ) -> Iterator[TicketHistory]:
        """Return whole changes, each after the one that it follows, which the index may not have yet."""
        known = ticket_history.find_all(
            {
                (int(item.ticket_id), version)
                for item in shown
                for version in (int(item.version) - 1, int(item.version))
                if version
            }
        )
        handed_out: set[tuple[int, int]] = set()
        for item in shown:
            waiting: list[TicketHistory] = []
            key: tuple[int, int] | None = (int(item.ticket_id), int(item.version))
            while key is not None and key not in handed_out:
                whole = known.get(key) or ticket_history.find(*key)
                if whole is None or (waiting and place.has_seen(whole)):
                    break
                waiting.append(whole)
                handed_out.add(key)
                key = (key[0], key[1] - 1) if key[1] > 1 else None
            yield from (each for each in reversed(waiting) if self._may_see(actor, each))

    def _may_see(self, actor: Actor, item: TicketHistory) -> bool:
        return self._allows(actor, Permission.TICKET_VIEW, item) and (
            item.public or self._allows(actor, Permission.TICKET_NOTE, item)
        )

    def _allows(self, actor: Actor, permission: Permission, item: TicketHistory) -> bool:
        return self._roles.allows(
            actor=actor,
            permission=permission,
            owner_id=item.state.get("requester_id"),
            team_id=item.state.get("team_id"),
            organization_id=item.state.get("organization_id"),
        )

    def _as_seen(self, actor: Actor, item: TicketHistory) -> Change:
        event = Event.from_model(item)
        if not self._allows(actor, Permission.TICKET_NOTE, item):
            event = replace(event, changes={})
        return Change(int(item.ticket_id), _time_of(item.feed_at), event)

    def _written(self, actor: Actor, place: Place) -> str:
        return str(self._signer.dumps([actor.user_id, *place.packed()]))

    def _read(self, actor: Actor, text: str) -> Place:
        with suppress(BadSignature, ValueError, TypeError):
            owner, *packed = self._signer.loads(text)
            if owner == actor.user_id:
                return Place.unpacked(*packed)
        raise BadFeedCursor


def _time_of(key: str) -> datetime:
    return from_text(key.partition("#")[0])


def _micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)
