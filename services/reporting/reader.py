"""A process's view of the columnar copy: the shared read-only cache plus the recent segments in memory."""
# ruff: noqa: S608 - statements are put together from this package's own names; values are parameters

import os
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from services.reporting.reporting_errors import CopyBusy, CopyDamaged, CopyMissing, TooLarge
from services.reporting.schema import (
    COUNTED,
    FACT,
    FAR,
    TICKET,
    WAITS,
    quoted,
    table,
    ticket_columns,
    waiting_columns,
)
from services.reporting.store import File, Key, Manifest, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CHECK_SECONDS = 0.5  # a process checks for a newer manifest at most this often
LOCK_SECONDS = 20.0  # how long a report waits for another one of this process
_INHERITED: list[object] = []  # connections a parent process opened: closing them here could hang

_WAITING = quoted(waiting_columns())
_VIEWS = f"""
ATTACH '{{path}}' AS closed (READ_ONLY);
{table("recent_facts", COUNTED)};
{table("recent_tickets", ticket_columns())};
CREATE VIEW facts AS SELECT {quoted(COUNTED)} FROM closed.facts
    UNION ALL SELECT {quoted(COUNTED)} FROM recent_facts;
CREATE VIEW tickets AS SELECT {quoted(TICKET)} FROM recent_tickets UNION ALL SELECT {quoted(TICKET)}
    FROM closed.tickets WHERE ticket_id NOT IN (SELECT ticket_id FROM recent_tickets);
CREATE VIEW waiting AS SELECT {_WAITING} FROM recent_tickets WHERE {WAITS} UNION ALL SELECT {_WAITING}
    FROM closed.waiting WHERE ticket_id NOT IN (SELECT ticket_id FROM recent_tickets);
"""
_LOAD_FACTS = f"""
INSERT INTO recent_facts ({quoted(FACT)})
SELECT {quoted(FACT, "fact.")} FROM (SELECT unnest(facts) AS fact FROM read_parquet(?))
"""
_DROP_TICKETS = "DELETE FROM recent_tickets WHERE ticket_id IN (SELECT ticket_id FROM read_parquet(?))"
_LOAD_TICKETS = f"""
INSERT INTO recent_tickets ({quoted(TICKET)}) SELECT {quoted(TICKET)} FROM read_parquet(?)
QUALIFY row_number() OVER (PARTITION BY ticket_id ORDER BY version DESC) = 1
"""


def preload() -> None:
    """Load the database library, so that processes forked later share it; opens nothing."""
    import_module("duckdb")


def connect(memory: str, spill: Path) -> "DuckDBPyConnection":
    """Open an in-memory database with one thread, limited memory and no network access."""
    import duckdb  # takes 0.15 s and 10 MB, which commands without reports do not need

    return duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": memory,
            "temp_directory": str(spill),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


@dataclass(frozen=True)
class View:
    """The copy at one moment, valid inside `Reader.view`; `marks` are checkpoints of the backlog."""

    connection: "DuckDBPyConnection"
    manifest: Manifest
    key: Key
    marks: tuple[int, ...]
    voids: bool  # whether the recent part reverts solves that are in the cache
    folder: Path

    @property
    def version(self) -> tuple[File, ...]:
        """Identify the content: two views with the same version return the same results."""
        return (self.manifest.cache, *self.manifest.recent)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a query and fetch everything."""
        return self.connection.execute(sql, list(parameters)).fetchall()

    def mark_before(self, at: int) -> int:
        """Return the last checkpoint of the backlog until a moment, the beginning if there is none."""
        return max((mark for mark in self.marks if mark <= at), default=-FAR)


class Reader:
    """Gives the view to one thread at a time and keeps it current; opens nothing before its first use."""

    def __init__(self, store: Store, *, memory: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._memory, self._clock = store, memory, clock
        self._forget()
        this = weakref.WeakMethod(self._forget)
        os.register_at_fork(after_in_child=lambda: (forget := this()) and forget())

    def _forget(self) -> None:
        """Start over with nothing open; after a fork, what the parent opened must not be touched."""
        if getattr(self, "_view", None) is not None:
            _INHERITED.append(self._view)
        self._lock = Lock()
        self._view: View | None = None
        self.invalidate()

    def invalidate(self) -> None:
        """Make the next use check for a newer manifest at once."""
        self._checked = float("-inf")

    def close(self) -> None:
        """Close what is open; the next use opens it again."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._view is not None:
            self._view.connection.close()
        self._view = None

    @contextmanager
    def view(self, *, now: bool = False) -> Iterator[View]:
        """Give access to the current view; `now` checks for a newer one even if that was just done.

        Raises CopyMissing, CopyDamaged, CopyBusy or TooLarge.
        """
        if not self._lock.acquire(timeout=LOCK_SECONDS):
            raise CopyBusy
        try:
            with self._explained():
                yield self._current(now)
        finally:
            self._lock.release()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Translate database errors; a damaged file is reported to the worker."""
        import duckdb

        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise TooLarge from error
        except (duckdb.IOException, duckdb.SerializationException, duckdb.FatalException) as error:
            self._distrust()
            raise CopyDamaged("a file of the copy") from error
        except CopyDamaged:
            self._distrust()
            raise

    def _distrust(self) -> None:
        self._drop()
        self._store.note_damage()

    def _current(self, now: bool) -> View:
        clock = self._clock()
        if self._view is not None and not now and clock - self._checked < CHECK_SECONDS:
            return self._view
        self._checked = clock
        key = self._store.key()
        if key is None:
            self._drop()
            raise CopyMissing
        if self._view is None or self._view.key != key:
            self._view = self._refreshed()
        return self._view

    def _refreshed(self) -> View:
        for attempt in range(5):
            key = self._store.key()
            manifest = self._store.read()
            try:
                return self._moved_to(manifest, key or (0, 0, 0))
            except FileNotFoundError:  # a compaction has just replaced it; there is a newer manifest
                if attempt == 4:
                    raise CopyDamaged("a file that its manifest names") from None
        raise AssertionError("unreachable")

    def _moved_to(self, manifest: Manifest, key: Key) -> View:
        old = self._view
        if old is None or old.manifest.cache != manifest.cache:
            path = self._store.checked(manifest.cache)
            self._drop()
            return self._opened(path, manifest, key)
        known = old.manifest.recent
        grown = manifest.recent[: len(known)] == known
        new_files = manifest.recent[len(known) :] if grown else manifest.recent
        _load(old.connection, [self._store.checked(file) for file in new_files], afresh=not grown)
        return View(old.connection, manifest, key, old.marks, _voids(old.connection), old.folder)

    def _opened(self, path: Path, manifest: Manifest, key: Key) -> View:
        connection = connect(self._memory, self._store.spill())
        try:
            connection.execute(_VIEWS.format(path=path))
            _load(connection, [self._store.checked(file) for file in manifest.recent], afresh=False)
            marks = connection.execute('SELECT DISTINCT "at" FROM closed.marks ORDER BY 1').fetchall()
        except BaseException:
            connection.close()
            raise
        checkpoints = tuple(mark for (mark,) in marks)
        return View(connection, manifest, key, checkpoints, _voids(connection), path.parent)


def _load(connection: "DuckDBPyConnection", files: Sequence[Path], *, afresh: bool) -> None:
    """Add segments to the recent part in one transaction, after emptying it when `afresh`."""
    if not files and not afresh:
        return
    connection.begin()
    try:
        if afresh:
            connection.execute("DELETE FROM recent_facts; DELETE FROM recent_tickets")
        for path in map(str, files):
            connection.execute(_LOAD_FACTS, [path])
            connection.execute(_DROP_TICKETS, [path])
            connection.execute(_LOAD_TICKETS, [path])
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _voids(connection: "DuckDBPyConnection") -> bool:
    rows = connection.execute("SELECT count(voids) FROM recent_facts").fetchall()
    return bool(rows[0][0])
