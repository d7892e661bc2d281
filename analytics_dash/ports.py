"""What the dashboard needs from the rest of the product, as small protocols."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypedDict

from services.reporting import Filters, Overview


class GridFilters(TypedDict, total=False):
    """The tickets behind one mark of a chart, by ticket fields.

    Days are local days in the dashboard's time zone, both ends included. None inside a tuple means
    "not set": an unassigned ticket, a ticket without a team.
    """

    created_from: date
    created_to: date
    solved_from: date
    solved_to: date
    state: str  # "open" or "done"
    team: tuple[str | None, ...]
    priority: tuple[str | None, ...]
    category: tuple[str | None, ...]
    assignee: tuple[str | None, ...]


# Returns the URL of the ticket grid, or None if the grid cannot show exactly these tickets: then the mark is
# not a link, because a link to other tickets would mislead.
GridUrl = Callable[[GridFilters], str | None]
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
