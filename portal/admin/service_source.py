"""Where the grids read and write: the callables of a service, asked as the person who is signed in."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from portal.web.guards import StepUpNeeded, actor
from pynamodb_grid.admin import Denied, Missing, Refused, StaleWrite
from pynamodb_grid.listing import Conditions, ListRequest, Page, Sort
from pynamodb_grid.listing import Unavailable as ListingUnavailable
from services.catalog import EntryChanged
from services.errors import EngineUnavailable, Forbidden, Invalid, NotFound, ServiceError, Unavailable
from services.tickets import Conflict
from services.users.identity import StaleRecord

Read = Callable[[str], Any]
Create = Callable[[Mapping[str, Any]], Any]
Update = Callable[[str, Mapping[str, Any], int | None], Any]
Delete = Callable[[str], None]


class ServiceSource:
    """Rows of a service; what it is not given a callable for, it refuses with `refusal`."""

    def __init__(
        self,
        *,
        page: Callable[..., Page],
        iterate: Callable[..., Iterator[Any]],
        sortable: Callable[[Conditions], Collection[str]],
        key: str = "id",
        stored_names: Mapping[str, str] | None = None,
        get: Read | None = None,
        create: Create | None = None,
        update: Update | None = None,
        delete: Delete | None = None,
        refusal: str,
    ) -> None:
        """Keep a service's callables.

        `key` names the attribute that holds a row's key. `stored_names` maps the columns that the grid sorts by to
        what the service sorts by, where that differs. `update` takes the key, the changed values and the version
        that the writer saw, None for the present one.
        """
        self._page, self._iterate, self._sortable = page, iterate, sortable
        self._key, self._stored_names = key, stored_names
        self._get, self._create, self._update, self._delete = get, create, update, delete
        self._refusal = refusal

    def page(self, request: ListRequest) -> Page:
        """Read one page."""
        return self._page(actor=actor(), request=replace(request, sort=self._stored(request.sort)))

    def iterate(self, conditions: Conditions, sort: Sort | None) -> Iterator[Any]:
        """Walk all rows that match."""
        return self._iterate(actor=actor(), conditions=conditions, sort=self._stored(sort))

    def sortable(self, conditions: Conditions) -> Collection[str]:
        """Tell by which columns such a list can be sorted."""
        stored = self._sortable(conditions)
        if self._stored_names is None:
            return stored
        return {column for column, name in self._stored_names.items() if name in stored}

    def pk(self, row: Any) -> str:
        """Return a row's key as text."""
        return str(getattr(row, self._key))

    def version(self, row: Any) -> int | None:
        """Return the version the row shows; None for rows that have none."""
        return getattr(row, "version", None)

    def get(self, pk: str) -> Any:
        """Read one row as it is now; None when there is none to see."""
        try:
            return self._get(pk) if self._get is not None else None
        except (Missing, NotFound):
            return None

    def create(self, values: Mapping[str, Any]) -> Any:
        """Write a new row and return it."""
        if self._create is None:
            raise Refused(self._refusal)
        with in_grid_words():
            return self._create(values)

    def update(
        self,
        pk: str,
        values: Mapping[str, Any],
        expected_version: int | None,
        *,
        shown_values: Mapping[str, Any] | None = None,
    ) -> Any:
        """Change a row and return it; services tell from the version what the writer was shown."""
        del shown_values
        if self._update is None:
            raise Refused(self._refusal)
        with in_grid_words():
            return self._update(pk, values, expected_version)

    def delete(self, pk: str, expected_version: int | None = None) -> None:
        """Remove a row."""
        del expected_version
        if self._delete is None:
            raise Refused(self._refusal)
        with in_grid_words():
            self._delete(pk)

    def _stored(self, sort: Sort | None) -> Sort | None:
        if sort is None or self._stored_names is None:
            return sort
        return Sort(self._stored_names.get(sort.field, sort.field), sort.descending)


@contextmanager
def in_grid_words() -> Iterator[None]:
    """Turn what services refuse into what the grid knows how to show."""
    try:
        yield
    except Conflict as conflict:
        field_conflict = conflict.field_conflicts[0]
        raise StaleWrite(
            field_conflict.field,
            old=field_conflict.old,
            theirs=field_conflict.current,
            yours=field_conflict.submitted,
            version=conflict.version,
        ) from conflict
    except (StaleRecord, EntryChanged) as stale:
        raise StaleWrite("version") from stale
    except StepUpNeeded:
        raise
    except NotFound as missing:
        raise Missing(missing.message) from missing
    except Invalid as refused:
        raise Refused(refused.message, next(iter(refused.fields), None)) from refused
    except Forbidden as denied:
        raise Denied(denied.message) from denied
    except (Unavailable, EngineUnavailable) as away:
        raise ListingUnavailable("The data cannot be reached right now. Try again in a moment.") from away
    except ServiceError as refused:
        raise Refused(refused.message) from refused
