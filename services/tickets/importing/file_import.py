"""Importing one file from its first check to the last row."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.tickets.importing.importer import ImportResult, TicketImporter
from services.tickets.importing.reader import SourceFile
from services.tickets.importing.rejects import Rejects
from services.tickets.importing.source import ImportMapping


@dataclass(frozen=True)
class FileReport:
    """What became of a file's rows; `rejected` of them stand in the rejects file."""

    result: ImportResult
    rejected: int


class Watch:
    """Told how an import goes; does nothing unless a subclass shows it."""

    def start(self, rows: int) -> None:
        """Take note of how many rows the file has."""

    def advance(self, rows: int) -> None:
        """Take note of rows that are settled: written, known or rejected."""


def import_file(
    importer: TicketImporter,
    *,
    path: Path,
    mapping: ImportMapping,
    rejects: Path,
    limit: int | None,
    clock: Callable[[], datetime],
    watch: Watch,
) -> FileReport:
    """Import a file, or its first `limit` tickets; raises WrongFile before anything is written.

    Rows that cannot be taken go to the file `rejects` with line number and reason. Raises ImportStopped
    when the engine is away; a new run goes on from there.
    """
    source = SourceFile.check(path, mapping.columns)
    with Rejects(rejects) as rejected:
        watch.start(source.rows)

        def unreadable(line: int, reason: str) -> None:
            rejected.add(line, reason)
            watch.advance(1)

        result = importer.run(
            source=mapping.name,
            tickets=itertools.islice(mapping.tickets(source.read(), unreadable, now=clock()), limit),
            clock=clock,
            reject=rejected.add,
            progress=watch.advance,
        )
    return FileReport(result, rejected.count)
