"""Actions on many rows: each row is tried on its own and gets its own result."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from pynamodb_grid.admin.fields import Choice, Lookup
from pynamodb_grid.admin.write_errors import StaleWrite, WriteError
from pynamodb_grid.listing import Unavailable

F = TypeVar("F", bound=Callable[..., Any])
MAX_ROWS = 200


@dataclass(frozen=True, slots=True)
class BulkAction:
    """Describes an action to the template; choices=None means that it takes no value.

    lookup is the address that finds further choices.
    """

    name: str
    label: str
    confirm: str | None
    choices: tuple[Choice, ...] | None
    lookup: str | None = None


@dataclass(frozen=True, slots=True)
class RowResult:
    """Says what became of one row: done, failed or conflict; undo names the write where it can be undone."""

    pk: str
    status: str
    message: str = ""
    undo: str | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """Collects the rows' results; stopped says why it ended early, where it did."""

    results: tuple[RowResult, ...]
    stopped: str = ""

    def count(self, status: str) -> int:
        """Counts the rows that ended so."""
        return sum(result.status == status for result in self.results)

    def summary(self) -> str:
        """Says in one line what happened."""
        if self.stopped:
            done = f"{self.count('done')} of {len(self.results)} done"
            return f"{self.stopped} {done}, the rest was not changed."
        parts = [f"{self.count('done')} of {len(self.results)} done"]
        parts += [
            f"{self.count(s)} {word}"
            for s, word in (("conflict", "in conflict"), ("failed", "failed"))
            if self.count(s)
        ]
        return ", ".join(parts) + "."

    def as_json(self) -> dict[str, Any]:
        """Gives the JSON form."""
        counts = {status: self.count(status) for status in ("done", "failed", "conflict")}
        return {"results": [asdict(r) for r in self.results], **counts, "message": self.summary()}


def bulk_action(
    name: str,
    label: str,
    *,
    confirm: str | None = None,
    choices: Callable[[Any], Sequence[Choice]] | None = None,
    lookup: Callable[[Any], Lookup] | None = None,
) -> Callable[[F], F]:
    """Declares a view's method (self, pk, version, value) as a bulk action.

    The method raises a WriteError for a row that fails, and returns the row it wrote if that can be undone.
    choices is called with the view and gives the values to choose from, lookup what finds more of them.
    """

    def mark(method: F) -> F:
        method._bulk = (name, label, confirm, choices, lookup)  # type: ignore[attr-defined]  # a mark on the method
        return method

    return mark


def declared_actions(view: Any) -> dict[str, tuple[str, str | None, Any, Any, str]]:
    """Finds a view's bulk actions: name to (label, confirm, choices, lookup, method name), as declared."""
    actions = {}
    for each in type(view).__mro__[::-1]:
        for attribute, value in vars(each).items():
            if hasattr(value, "_bulk"):
                name, label, confirm, choices, lookup = value._bulk
                actions[name] = (label, confirm, choices, lookup, attribute)
    return actions


def run_bulk(
    rows: Sequence[str],
    value: str | None,
    apply: Callable[[str, int | None, str | None], Any],
    undo_of: Callable[[Any], str | None],
    why_not: Callable[[], str | None] = lambda: None,
) -> BulkResult:
    """Applies an action to rows given as `pk` or `pk:version`.

    why_not is asked before each row; once it gives a reason, this row and all after it are left alone.
    Raises Unavailable when the database is away and nothing was done: all of it may be sent again.
    """
    results = []
    stopped = ""
    for text in rows:
        pk, _, version = text.rpartition(":")
        if not pk or not version.isdecimal() or len(version) > 18:
            pk, version = text.removesuffix(":"), ""
        stopped = stopped or why_not() or ""
        if stopped:
            results.append(RowResult(pk, "failed", stopped))
            continue
        try:
            row = apply(pk, int(version) if version else None, value)
            results.append(RowResult(pk, "done", undo=None if row is None else undo_of(row)))
        except StaleWrite as error:
            results.append(RowResult(pk, "conflict", str(error)))
        except Unavailable as error:
            if not any(result.status == "done" for result in results):
                raise
            results.append(RowResult(pk, "failed", str(error)))
        except (WriteError, ValueError) as error:
            results.append(RowResult(pk, "failed", str(error)))
    return BulkResult(tuple(results), stopped)
