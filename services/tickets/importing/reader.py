"""Reading an import file: checked whole before the first row is handed out, then line by line."""

import codecs
import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from services.errors import Invalid
from services.tickets.importing.source import Row

LONGEST_LINE = 64 * 1024  # bytes
CHUNK = 1 << 20
SEPARATORS = (",", ";", "\t")  # the usual one first


class WrongFile(Invalid):
    """The file as a whole cannot be imported; nothing was written."""


@dataclass(frozen=True)
class SourceFile:
    """A CSV file, gzip-compressed when it is named so, that was found readable to its end.

    Its cells are separated by what names the most columns in its first line: commas, semicolons or tabs.

    One line is one row: a line break inside quotes is a fault of that row, never of the ones after it.
    """

    path: Path
    header: tuple[str, ...]
    rows: int
    separator: str = SEPARATORS[0]

    @classmethod
    def check(cls, path: Path, columns: Sequence[str]) -> Self:
        """Read the file once to its end without keeping it; raises WrongFile with what is wrong.

        So a damaged archive, another encoding or another table is told before anything is written.
        """
        try:
            with _opened(path) as raw:
                lines = _count_lines(raw)
            if lines == 0:
                raise WrongFile("The file is empty.")
            with _text(path) as text:
                separator, header = _header(next(text), columns)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise WrongFile(f"The file is named .gz but is not whole gzip data: {error}.") from error
        except UnicodeDecodeError as error:
            raise WrongFile("The file is not UTF-8 text.") from error
        except csv.Error as error:
            raise WrongFile(f"The first line is not a CSV header: {error}.") from error
        except OSError as error:
            raise WrongFile(f"The file cannot be read: {error.strerror or error}.") from error
        _check_header(header, columns)
        if lines == 1:
            raise WrongFile("The file has a header but no rows.")
        return cls(path, header, lines - 1, separator)

    def read(self) -> Iterator[Row]:
        """Walk the rows in order; a line that does not fit the header is a Row with a `fault`."""
        with _text(self.path) as text:
            next(text)
            for number, line in enumerate(text, start=2):
                yield self._row(number, line)

    def _row(self, number: int, line: str) -> Row:
        try:
            cells = _cells(line, self.separator)
        except csv.Error as error:
            return Row(number, {}, f"not a CSV line: {error}")
        if len(cells) != len(self.header):
            return Row(number, {}, f"{len(cells)} cells instead of {len(self.header)}")
        return Row(number, dict(zip(self.header, cells, strict=True)))


def _opened(path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb")


def _text(path: Path) -> io.TextIOWrapper:
    return io.TextIOWrapper(_opened(path), encoding="utf-8-sig", newline="\n")


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader((line.rstrip("\r\n"),), delimiter=separator, strict=True), [])


def _header(line: str, columns: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Find the separator that names the most of the columns, and the cells between; the usual one decides a tie."""
    headers: dict[str, tuple[str, ...]] = {}
    for separator in SEPARATORS:
        with suppress(csv.Error):  # quotes that end before another separator
            headers[separator] = tuple(_cells(line, separator))
    if not headers:
        _cells(line, SEPARATORS[0])
    return max(headers.items(), key=lambda pair: len(set(pair[1]) & set(columns)))


def _count_lines(raw: gzip.GzipFile | io.BufferedReader) -> int:
    """Count lines to the end; raises what reading or decoding raises, WrongFile for a line too long."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = pending = 0
    while chunk := raw.read(CHUNK):
        decoder.decode(chunk)
        parts = chunk.split(b"\n")
        parts[0] = parts[0].rjust(pending + len(parts[0]))
        if max(map(len, parts)) > LONGEST_LINE:
            raise WrongFile(f"The file has lines of more than {LONGEST_LINE // 1024} KB.")
        lines += len(parts) - 1
        pending = len(parts[-1])
    decoder.decode(b"", final=True)
    return lines + (pending > 0)


def _check_header(header: Sequence[str], columns: Sequence[str]) -> None:
    if len(set(header) & set(columns)) * 2 < len(columns):
        raise WrongFile(f"This is another table: its first line does not name {columns[0]}, {columns[1]} ...")
    counts = Counter(header)
    faults = {
        "is missing": [name for name in columns if name not in counts],
        "is there twice": [name for name, times in counts.items() if times > 1],
        "is not known": [name for name in counts if name not in columns],
    }
    words = [f"{name[:40]!r} {fault}" for fault, names in faults.items() for name in names[:5]]
    if words:
        raise WrongFile(f"The columns do not fit: {', '.join(words)}.")
