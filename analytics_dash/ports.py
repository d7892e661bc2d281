"""What the dashboard needs from the rest of the product, as small protocols."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from services.reporting import Counted, Filters, Overview

# Returns the URL of the ticket grid with the tickets behind a mark.
GridUrl = Callable[[Counted], str]
# Returns the initials and the hue (a class "h<number>" of the stylesheet) of a person: (id, name) -> both.
Avatar = Callable[[str, str], tuple[str, int]]
RouteGuard = Callable[[], Any]
Shell = Callable[[dict[str, str]], str]
Clock = Callable[[], datetime]


class Named(Protocol):
    """A team or a category, with its name."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


class Dashboards(Protocol):
    def teams_of(self, *, actor: Any) -> frozenset[str] | None: ...
    def overview(self, *, filters: Filters, now: datetime, actor: Any) -> Overview: ...


class Accounts(Protocol):
    def names(self, ids: Iterable[str], /) -> Mapping[str, str]: ...


class Catalog(Protocol):
    def teams(self) -> Sequence[Named]: ...
    def categories(self) -> Sequence[Named]: ...


class Users(Protocol):
    @property
    def accounts(self) -> Accounts: ...


class Reporting(Protocol):
    @property
    def dashboards(self) -> Dashboards: ...


class Services(Protocol):
    """The part of the wired services that the dashboard uses."""

    @property
    def reporting(self) -> Reporting: ...
    @property
    def users(self) -> Users: ...
    @property
    def catalog(self) -> Catalog: ...
