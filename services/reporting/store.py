"""The folder of the columnar copy: immutable files, and the manifest that says which of them count.

    manifest.json            what counts, replaced in one step
    events-NNNNNN.parquet    segments: history events with the state after them; the truth of the copy
    closed-NNNNNN.duckdb     the cache over all but the recent segments; can be rebuilt from them
    followed                 empty; its time says when the ledger was last followed to the end
    counts                   how many tickets the lists hold; its time says until when that was true
    damaged                  exists when a reader met a file it cannot trust
    lock                     held while somebody writes
    tmp/                     files in the making, and what queries spill

A file gets its final name when it is complete and on disk, a manifest only names such files. So a
kill at any moment leaves the old state or the new one, and files nobody names, which are collected.
"""

import fcntl
import os
import shutil
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from services.reporting.reporting_errors import CopyDamaged, CopyMissing
from services.reporting.schema import FINGERPRINT

# Of manifest, segments and cache together: another number, or other columns, means that the copy is rebuilt.
FORMAT = 2
CHUNK = 1 << 20

Key = tuple[int, int, int]


@dataclass(frozen=True)
class File:
    """One complete file: its name, size in bytes and CRC-32, and how many rows it has."""

    name: str
    size: int
    crc: int
    rows: int = 0


@dataclass(frozen=True)
class Manifest:
    """The files that count: `cache` covers the `closed` segments, `recent` ones are loaded on top of it.

    `watermark` is how far the ledger was followed by recording time, `latest` the latest time an event
    counts at (both in microseconds); `gaps` counts versions that were missing from the ledger.
    """

    number: int
    watermark: int
    latest: int
    cache: File
    closed: tuple[File, ...] = ()
    recent: tuple[File, ...] = ()
    gaps: int = 0


class Store:
    """Reads and writes the folder; all writing happens under `writing()`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"

    @contextmanager
    def writing(self, *, wait: bool) -> Iterator[bool]:
        """Hold the folder's write lock; gives False at once when it is taken and `wait` is off."""
        self.temporary.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True

    def key(self) -> Key | None:
        """Identify the current manifest by a stat alone; None when there is none."""
        try:
            found = (self.folder / "manifest.json").stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def read(self) -> Manifest:
        """Read the manifest; raises CopyMissing without one, CopyDamaged when it makes no sense."""
        try:
            text = (self.folder / "manifest.json").read_bytes()
        except FileNotFoundError:
            raise CopyMissing from None
        try:
            outer = orjson.loads(text)
            body: dict[str, Any] = outer["body"]
            known = (outer["format"], outer["columns"]) == (FORMAT, FINGERPRINT)
            if not known or outer["crc"] != zlib.crc32(orjson.dumps(body)):
                raise ValueError
            body["cache"] = File(**body["cache"])
            for name in ("closed", "recent"):
                body[name] = tuple(File(**file) for file in body[name])
            return Manifest(**body)
        except (ValueError, KeyError, TypeError) as error:
            raise CopyDamaged("manifest.json") from error

    def next_number(self) -> int:
        """Find a number that no file carries yet."""
        numbers = [
            int(number)
            for path in (*self.folder.glob("events-*"), *self.folder.glob("closed-*"))
            if (number := path.stem.rpartition("-")[2]).isdigit()
        ]
        with suppress(CopyMissing, CopyDamaged):
            numbers.append(self.read().number)
        return max(numbers, default=0) + 1

    def commit(self, manifest: Manifest) -> None:
        """Make a manifest the current one, in one step that survives a power cut."""
        body = asdict(manifest)
        crc = zlib.crc32(orjson.dumps(body))
        text = orjson.dumps({"format": FORMAT, "columns": FINGERPRINT, "crc": crc, "body": body})
        path = self.temporary / "manifest.json"
        path.write_bytes(text)
        self._publish(path, "manifest.json")

    def finish(self, path: Path, name: str, rows: int = 0) -> File:
        """Give a complete file its final name and describe it."""
        described = replace(describe(path), name=name, rows=rows)
        self._publish(path, name)
        return described

    def _publish(self, path: Path, name: str) -> None:
        with path.open("rb") as written:
            os.fsync(written.fileno())
        path.replace(self.folder / name)
        directory = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def checked(self, file: File) -> Path:
        """Return a file's path when it holds what was written; raises CopyDamaged or FileNotFoundError."""
        path = self.folder / file.name
        if path.stat().st_size != file.size or describe(path).crc != file.crc:
            raise CopyDamaged(file.name)
        return path

    def collect(self, manifest: Manifest) -> None:
        """Delete every file the manifest does not name, and what dead processes left in tmp/.

        Readers keep what they have open; one that comes late reads the manifest again.
        """
        named = {file.name for file in (manifest.cache, *manifest.closed, *manifest.recent)}
        for path in (*self.folder.glob("events-*"), *self.folder.glob("closed-*")):
            if path.name not in named:
                path.unlink(missing_ok=True)
        for path in self.temporary.iterdir():
            owner = path.name.rpartition("-")[2]
            if not owner.isdigit():
                path.unlink(missing_ok=True)
            elif not Path(f"/proc/{owner}").exists():
                shutil.rmtree(path, ignore_errors=True)

    def spill(self) -> Path:
        """Name this process's folder for what queries cannot hold in memory."""
        return self.temporary / f"spill-{os.getpid()}"

    def note_damage(self) -> None:
        """Ask the worker to build the copy anew."""
        (self.folder / "damaged").touch()

    def damage_noted(self) -> bool:
        """Tell whether a reader met something it could not trust."""
        return (self.folder / "damaged").exists()

    def settle_damage(self) -> None:
        """Forget noted damage, after a repair."""
        (self.folder / "damaged").unlink(missing_ok=True)

    def note_followed(self, seconds: float) -> None:
        """Remember when the ledger was last followed to the end (seconds since 1970)."""
        path = self.folder / "followed"
        if not path.exists():
            path.touch()
        os.utime(path, (seconds, seconds))

    def followed(self) -> float | None:
        """Return what note_followed was told last."""
        try:
            return (self.folder / "followed").stat().st_mtime
        except FileNotFoundError:
            return None

    def write_counts(self, rows: Sequence[Sequence[Any]], seconds: float) -> None:
        """Put new counts in place of the old ones, in one step, with the time they are true at."""
        path = self.temporary / "counts"
        path.write_bytes(orjson.dumps(rows))
        os.utime(path, (seconds, seconds))
        path.replace(self.folder / "counts")

    def note_counted(self, seconds: float) -> None:
        """Say until when the counts are known to be true (seconds since 1970)."""
        os.utime(self.folder / "counts", (seconds, seconds))

    def counts_key(self) -> tuple[int, float] | None:
        """Identify the counts by a stat alone: the file, and until when they are true; None without any."""
        try:
            found = (self.folder / "counts").stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime

    def read_counts(self) -> Any:
        """Read the rows that were written last."""
        return orjson.loads((self.folder / "counts").read_bytes())


def describe(path: Path) -> File:
    """Measure a file."""
    crc = size = 0
    with path.open("rb") as stream:
        while block := stream.read(CHUNK):
            crc, size = zlib.crc32(block, crc), size + len(block)
    return File(path.name, size, crc)
