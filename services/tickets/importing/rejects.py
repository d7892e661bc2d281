"""The list of rows an import left out: line number and reason, written as they come."""

from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pynamodb_grid.spreadsheet import BOM, csv_line
from services.tickets.importing.reader import WrongFile


class Rejects:
    """A CSV file of line and reason; it exists after the import only when a row was left out."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._file: IO[str] | None = None

    def add(self, line: int, reason: str) -> None:
        """Write one row down; the file is readable up to here whatever happens next."""
        if self._file is None:
            raise ValueError("the rejects file is not open")
        self._file.write(csv_line([line, f"Left out: {reason}"]))
        self._file.flush()
        self.count += 1

    def __enter__(self) -> Self:
        """Start an empty file; raises WrongFile when it cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise WrongFile(f"The rejects file {self.path} cannot be written: {error.strerror}.") from error
        self._file.write(BOM + csv_line(["line", "reason"]))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, and remove it when every row was taken."""
        if self._file is not None:
            self._file.close()
            self._file = None
            if not self.count:
                self.path.unlink(missing_ok=True)
