"""The folder of the columnar copy: immutable files, and the manifest that lists the current ones.

    manifest.json            the current files, replaced in one step
    events-NNNNNN.parquet    segments: history events with the state after them; the truth of the copy
    closed-NNNNNN.duckdb     the cache over all but the recent segments; can be rebuilt from them
    followed                 empty; its time says when the ledger was last followed to the end
    counts                   how many tickets the lists hold; its time says until when that was correct
    damaged                  exists if a reader found a damaged file
    lock                     locked while a process writes
    tmp/                     unfinished files, and what queries spill

A file gets its final name once it is complete and on disk, and a manifest only names such files. So a
kill at any moment leaves the old state or the new one, and unnamed files, which are deleted later.
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
from services.reporting.schema import FINGERPRINT, FINGERPRINT_0_2_0

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
    """The current files: `cache` covers the `closed` segments, `recent` ones are loaded on top of it.

    `watermark` is how far the ledger was followed by recording time, `latest` the time of the latest event
    (both in microseconds); `gaps` counts versions that were missing from the ledger.
    """

    number: int
    watermark: int
    latest: int
    cache: File
    closed: tuple[File, ...] = ()
    recent: tuple[File, ...] = ()
    gaps: int = 0


class Store:
    """Reads and writes the folder; all writing happens inside `writing()`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"

    @contextmanager
    def writing(self, *, wait: bool) -> Iterator[bool]:
        """Hold the folder's write lock; yields False at once if it is taken and `wait` is off."""
        self.temporary.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True

    def key(self) -> Key | None:
        """Identify the current manifest by one stat call; None if there is none."""
        try:
            stat = (self.folder / "manifest.json").stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_ino, stat.st_size

    def read(self) -> Manifest:
        """Read the manifest; raises CopyMissing if there is none, CopyDamaged if it is not valid."""
        try:
            text = (self.folder / "manifest.json").read_bytes()
        except FileNotFoundError:
            raise CopyMissing from None
        try:
            outer = orjson.loads(text)
            body: dict[str, Any] = outer["body"]
            known = (outer["format"], outer.get("columns", FINGERPRINT_0_2_0)) == (FORMAT, FINGERPRINT)
            if not known or outer["crc"] != zlib.crc32(orjson.dumps(body)):
                raise ValueError
            body["cache"] = File(**body["cache"])
            for name in ("closed", "recent"):
                body[name] = tuple(File(**file) for file in body[name])
            return Manifest(**body)
        except (ValueError, KeyError, TypeError) as error:
            raise CopyDamaged("manifest.json") from error

    def next_number(self) -> int:
        """Return a number that no file has yet."""
        numbers = [
            int(number)
            for path in (*self.folder.glob("events-*"), *self.folder.glob("closed-*"))
            if (number := path.stem.rpartition("-")[2]).isdigit()
        ]
        with suppress(CopyMissing, CopyDamaged):
            numbers.append(self.read().number)
        return max(numbers, default=0) + 1

    def commit(self, manifest: Manifest) -> None:
        """Publish a manifest in one step that survives a power cut."""
        body = asdict(manifest)
        crc = zlib.crc32(orjson.dumps(body))
        text = orjson.dumps({"format": FORMAT, "columns": FINGERPRINT, "crc": crc, "body": body})
        path = self.temporary / "manifest.json"
        path.write_bytes(text)
        self._publish(path, "manifest.json")

    def finish(self, path: Path, name: str, rows: int = 0) -> File:
        """Rename a complete file to its final name and describe it."""
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
        """Return a file's path if its content is intact; raises CopyDamaged or FileNotFoundError."""
        path = self.folder / file.name
        if path.stat().st_size != file.size or describe(path).crc != file.crc:
            raise CopyDamaged(file.name)
        return path

    def collect(self, manifest: Manifest) -> None:
        """Delete every file that the manifest does not name, and what dead processes left in tmp/.

        Readers keep their open files; a reader that misses a file reads the manifest again.
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
        """Return this process's folder for what queries cannot hold in memory."""
        return self.temporary / f"spill-{os.getpid()}"

    def note_damage(self) -> None:
        """Ask the worker to rebuild the copy."""
        (self.folder / "damaged").touch()

    def damage_noted(self) -> bool:
        """Tell whether a reader has reported damage."""
        return (self.folder / "damaged").exists()

    def settle_damage(self) -> None:
        """Clear reported damage after a repair."""
        (self.folder / "damaged").unlink(missing_ok=True)

    def note_followed(self, seconds: float) -> None:
        """Record when the ledger was last followed to the end (seconds since 1970)."""
        path = self.folder / "followed"
        if not path.exists():
            path.touch()
        os.utime(path, (seconds, seconds))

    def followed(self) -> float | None:
        """Return what note_followed recorded last, None if nothing."""
        try:
            return (self.folder / "followed").stat().st_mtime
        except FileNotFoundError:
            return None

    def write_counts(self, rows: Sequence[Sequence[Any]], seconds: float) -> None:
        """Replace the counts in one step, with the time at which they are correct."""
        path = self.temporary / "counts"
        path.write_bytes(orjson.dumps(rows))
        os.utime(path, (seconds, seconds))
        path.replace(self.folder / "counts")

    def note_counted(self, seconds: float) -> None:
        """Record until when the counts are known to be correct (seconds since 1970)."""
        os.utime(self.folder / "counts", (seconds, seconds))

    def counts_key(self) -> tuple[int, float] | None:
        """Identify the counts by one stat call: inode, and until when they are correct; None if there are none."""
        try:
            stat = (self.folder / "counts").stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime

    def read_counts(self) -> Any:
        """Return the rows that were written last."""
        return orjson.loads((self.folder / "counts").read_bytes())


def describe(path: Path) -> File:
    """Return name, size and CRC-32 of a file."""
    crc = size = 0
    with path.open("rb") as stream:
        while block := stream.read(CHUNK):
            crc, size = zlib.crc32(block, crc), size + len(block)
    return File(path.name, size, crc)
