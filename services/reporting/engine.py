"""AnalyticsEngine: keeps the columnar copy of the ledger up to date and gives reports access to it."""
# ruff: noqa: S608 - statements are put together from this package's own names; values are parameters

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, islice
from pathlib import Path

from services.reporting.cache import SegmentWriter, cache_of_segments, merge_segments, write_cache
from services.reporting.counts import TicketCounts
from services.reporting.fold import Row, fold, micros, moment_of
from services.reporting.ports import Ledger, LedgerEvent
from services.reporting.reader import Reader, View, connect
from services.reporting.reporting_errors import CopyDamaged, CopyMissing
from services.reporting.schema import TICKET, quoted
from services.reporting.store import File, Manifest, Store

BATCH = 2_000  # events folded and written at once while following
SEGMENT_ROWS = 25_000  # in one file, while rebuilding
MANY_FILES = 32  # recent segments, before they are merged into one
RECENT_ROWS = 5_000  # below this the recent part never moves into the cache
RECENT_SHARE = 0.1
RECENT_MOST = 25_000  # every process keeps the recent part in memory
SHORT_OVERLAP = timedelta(seconds=3)
_ROWS = f"SELECT {quoted(TICKET)} FROM tickets WHERE ticket_id IN (SELECT unnest(?))"


@dataclass(frozen=True)
class Progress:
    """What one run of following or rebuilding did.

    `seen` events were read, `added` were new, `gaps` versions are missing from the ledger. `waiting` is
    true when somebody else was writing and nothing was done.
    """

    seen: int = 0
    added: int = 0
    gaps: int = 0
    rebuilt: bool = False
    waiting: bool = False


class AnalyticsEngine:
    """The columnar copy of the ledger in a folder: written by one process at a time, read by many.

    `overlap` is how long after recording an event may still turn up in the feed. `memory` bounds what
    one process's database may use.
    """

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        *,
        overlap: timedelta = timedelta(seconds=60),
        memory: str = "48MB",
        recent_rows: int = RECENT_ROWS,
    ) -> None:
        self._ledger, self._overlap, self._memory, self._recent_rows = ledger, overlap, memory, recent_rows
        self._store = Store(folder)
        self._reader, self._counts = Reader(self._store, memory=memory), TicketCounts(folder)
        self._deep_at: datetime | None = None
        self._reach: tuple[int, datetime] | None = None

    def view(self) -> AbstractContextManager[View]:
        """Give one report access to the copy; raises CopyMissing, CopyDamaged, CopyBusy or TooLarge."""
        return self._reader.view()

    def followed_at(self, view: View) -> datetime:
        """Return the moment up to which the ledger was followed."""
        seconds, watermark = self._store.followed(), moment_of(view.manifest.watermark)
        return watermark if seconds is None else max(watermark, moment_of(int(seconds * 1_000_000)))

    def behind(self, *, now: datetime) -> float | None:
        """Return the seconds since the ledger was last followed to its end, None if it never was."""
        return None if (followed := self._store.followed()) is None else now.timestamp() - followed

    def close(self) -> None:
        """Close what this process has open."""
        self._reader.close()

    def follow(self, *, now: datetime) -> Progress:
        """Add what the ledger has recorded since the last run; builds the copy if there is none.

        Most runs look back a few seconds, one a minute the whole overlap. Safe to kill at any moment.
        """
        with self._store.writing(wait=False) as mine:
            if not mine:
                return Progress(waiting=True)
            try:
                if self._store.damage_noted():
                    self._check()
                return self._followed(now)
            except CopyMissing:
                return self._rebuilt(now)
            except CopyDamaged:
                return self._repaired(now)

    def rebuild(self, *, now: datetime) -> Progress:
        """Rebuild the copy from the whole ledger and replace the old one in one step."""
        with self._store.writing(wait=True):
            return self._rebuilt(now)

    def _followed(self, now: datetime) -> Progress:
        with self._reader.view(now=True) as view:
            manifest = view.manifest
        if self._deep_at is None:
            self._store.collect(manifest)  # left over by a kill
        deep = self._deep_at is None or now - self._deep_at >= self._overlap
        since = self._reached(manifest) - (self._overlap if deep else SHORT_OVERLAP)
        progress = Progress()
        for batch in _batches(self._ledger.recorded_since(since, now)):
            progress = self._take(batch, progress)
        manifest = self._store.read()
        if progress.added or now - moment_of(manifest.watermark) >= self._overlap:
            manifest = self._commit(replace(manifest, watermark=max(manifest.watermark, micros(now))))
        self._reach = (manifest.number, now)
        self._deep_at = now if deep else self._deep_at
        self._store.note_followed(now.timestamp())
        self._tidy(manifest)
        with self._reader.view(now=True) as view:
            self._counts.update(view, now)
        return progress

    def _reached(self, manifest: Manifest) -> datetime:
        """Return how far the feed was read: the manifest is updated only if there is something to write."""
        written = moment_of(manifest.watermark)
        number, moment = self._reach or (0, written)
        return max(moment, written) if number == manifest.number else written

    def _commit(self, manifest: Manifest) -> Manifest:
        manifest = replace(manifest, number=manifest.number + 1)
        self._store.commit(manifest)
        self._reader.invalidate()
        return manifest

    def _take(self, batch: Sequence[LedgerEvent], progress: Progress) -> Progress:
        """Fold a batch onto the known state and publish it as one segment."""
        with self._reader.view(now=True) as view:
            manifest = view.manifest
            ids = sorted({int(event.ticket_id) for event in batch})
            known = {row[0]: dict(zip(TICKET, row, strict=True)) for row in view.rows(_ROWS, [ids])}
            rows, gaps = self._fold(batch, known)
            if rows:
                segment = SegmentWriter(self._store)
                segment.add(rows)
                file = segment.finish(view.connection, manifest.number + 1)
        if rows:
            latest = max(manifest.latest, max(row["at"] for row in rows))
            grown = (*manifest.recent, file)
            self._commit(replace(manifest, recent=grown, latest=latest, gaps=manifest.gaps + gaps))
        return replace(
            progress,
            seen=progress.seen + len(batch),
            added=progress.added + len(rows),
            gaps=progress.gaps + gaps,
        )

    def _fold(self, batch: Sequence[LedgerEvent], known: Mapping[int, Row]) -> tuple[list[Row], int]:
        rows: list[Row] = []
        gaps = 0
        for ticket_id, listed in groupby(sorted(batch, key=_place), key=lambda event: int(event.ticket_id)):
            before = known.get(ticket_id)
            start = before["version"] if before else 0
            events = _after(listed, start)
            if events and _missing(events, start):  # the feed's index can lag behind: ask the ledger itself
                events = _after(self._ledger.of_ticket(ticket_id), start)
                gaps += _missing(events, start)
            for event in events:
                before = fold(before, event)
                rows.append(before)
        return rows, gaps

    def _tidy(self, manifest: Manifest) -> None:
        """Move the recent part into the cache if it has grown, or merge its many small files."""
        rows = sum(file.rows for file in manifest.recent)
        closed = sum(file.rows for file in manifest.closed)
        limit = max(self._recent_rows, min(int(closed * RECENT_SHARE), RECENT_MOST))
        if rows > limit:
            self._compact()
        elif len(manifest.recent) > MANY_FILES:
            with self._reader.view(now=True) as view:
                merged = self._merged(view)
            self._store.collect(self._commit(replace(manifest, recent=(merged,))))

    def _compact(self) -> None:
        self._reader.close()  # what queries left in memory is not needed now
        with self._reader.view(now=True) as view:
            manifest = view.manifest
            merged = self._merged(view)
            cache = write_cache(
                view.connection, self._store, manifest.number + 1, facts="facts", tickets="tickets"
            )
        closed = (*manifest.closed, merged)
        self._store.collect(self._commit(replace(manifest, cache=cache, closed=closed, recent=())))
        self._reader.close()

    def _merged(self, view: View) -> File:
        for file in view.manifest.recent:
            self._store.checked(file)
        return merge_segments(view.connection, self._store, view.manifest.recent, view.manifest.number + 1)

    def _check(self) -> None:
        """Examine reported damage: raises CopyDamaged unless every file is as it was written.

        A reader can also fail for other reasons, such as too many open files.
        """
        manifest = self._store.read()
        for file in (manifest.cache, *manifest.closed, *manifest.recent):
            try:
                self._store.checked(file)
            except FileNotFoundError:
                raise CopyDamaged(file.name) from None
        self._store.settle_damage()

    def _repaired(self, now: datetime) -> Progress:
        """Rebuild the cache from the segments if they are intact, otherwise everything from the ledger."""
        self._reader.close()
        try:
            manifest = self._store.read()
            files = (*manifest.closed, *manifest.recent)
            cache = cache_of_segments(self._store, files, manifest.number + 1, self._memory)
        except (CopyMissing, CopyDamaged, FileNotFoundError):
            return self._rebuilt(now)
        self._store.collect(self._commit(replace(manifest, cache=cache, closed=files, recent=())))
        self._store.settle_damage()
        return Progress(rebuilt=True)

    def _rebuilt(self, now: datetime) -> Progress:
        number = self._store.next_number()
        files: list[File] = []
        latest = gaps = 0
        segment = SegmentWriter(self._store)
        connection = connect(self._memory, self._store.spill())
        try:
            for rows, missing in _histories(self._ledger.everything()):
                segment.add(rows)
                gaps += missing
                latest = max([latest, *(row["at"] for row in rows)])
                if segment.rows >= SEGMENT_ROWS:
                    files.append(segment.finish(connection, number + len(files)))
                    segment = SegmentWriter(self._store)
            files.append(segment.finish(connection, number + len(files)))
        finally:
            connection.close()
        number += len(files)
        cache = cache_of_segments(self._store, files, number, self._memory)
        manifest = Manifest(number, micros(now), latest, cache, tuple(files), gaps=gaps)
        self._store.commit(manifest)
        self._store.settle_damage()
        self._store.collect(manifest)
        self._store.note_followed(now.timestamp())
        self._reader.close()
        rows_in_all = sum(file.rows for file in files)
        return Progress(seen=rows_in_all, added=rows_in_all, gaps=gaps, rebuilt=True)


def _place(event: LedgerEvent) -> tuple[int, int]:
    return int(event.ticket_id), int(event.version)


def _after(events: Iterable[LedgerEvent], version: int) -> list[LedgerEvent]:
    """Return each version later than `version` once, in order."""
    later = {int(event.version): event for event in events if int(event.version) > version}
    return [later[number] for number in sorted(later)]


def _missing(events: Sequence[LedgerEvent], version: int) -> int:
    """Count the versions missing between `version` and the last of some later events."""
    return int(events[-1].version) - version - len(events) if events else 0


def _batches(events: Iterable[LedgerEvent]) -> Iterator[list[LedgerEvent]]:
    stream = iter(events)
    while batch := list(islice(stream, BATCH)):
        yield batch


def _histories(events: Iterable[LedgerEvent]) -> Iterator[tuple[list[Row], int]]:
    """Fold a whole ledger, yielding each ticket's rows with the number of its missing versions."""
    for _, listed in groupby(events, key=lambda event: int(event.ticket_id)):
        history = _after(listed, 0)
        rows: list[Row] = []
        for event in history:
            rows.append(fold(rows[-1] if rows else None, event))
        yield rows, _missing(history, 0)
