"""What the reporting domain needs from others: the ledger to follow, and the permission check."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol


class LedgerEvent(Protocol):
    """One history item of the ledger; `feed_at` starts with the time of recording."""

    @property
    def ticket_id(self) -> Any: ...
    @property
    def version(self) -> Any: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor_id(self) -> str: ...
    @property
    def actor_kind(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def public(self) -> bool: ...
    @property
    def state(self) -> Mapping[str, Any]: ...
    @property
    def feed_at(self) -> str: ...


class Ledger(Protocol):
    """The source of truth that the columnar copy follows."""

    def recorded_since(self, since: datetime, until: datetime) -> Iterable[LedgerEvent]:
        """List what was recorded from `since` to `until`, both included; newest items may be missing."""

    def of_ticket(self, ticket_id: int) -> Iterable[LedgerEvent]:
        """List all changes of one ticket, oldest first, with strong consistency."""

    def everything(self) -> Iterable[LedgerEvent]:
        """Iterate over the whole ledger, ticket by ticket in version order."""


# Returns the teams whose tickets an actor's figures are limited to, None if they count all; raises PermissionDenied.
TeamsOf = Callable[[Any], frozenset[str] | None]
