"""Reading a file of people: CSV as spreadsheets write it, with limits that are said clearly."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.errors import Invalid

MAX_BYTES = 400_000
MAX_LINES = 5_000
NEEDED = ("name", "email")
COLUMNS = (*NEEDED, "role", "teams", "organization")
# What our own file of rejected lines has beside them, so that it can be mended and sent again.
IGNORED = ("line", "reason")
SEPARATORS = (",", ";", "\t")
_GUARDED = re.compile(r"'(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")


@dataclass(frozen=True)
class Row:
    """One line as it was sent: its number in the file, its cells by column, what is wrong with its shape."""

    number: int
    cells: dict[str, str]
    problem: str = ""


def decode(data: bytes) -> str:
    """Read a file's bytes as text; raises Invalid for one that is empty, too large or in another encoding."""
    if len(data) > MAX_BYTES:
        raise _refused(f"The file has more than {MAX_BYTES // 1000} KB. Split it and import the parts.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused("The file is not in UTF-8. Save it as CSV UTF-8.") from error
    if "\x00" in text:
        raise _refused("This is not a CSV file.")
    if not text.strip():
        raise _refused("The file is empty.")
    return text


def read(text: str) -> list[Row]:
    """Read the lines after the header; raises Invalid for what is no such file at all."""
    text = text.removeprefix("\ufeff")
    if len(text.encode("utf-8", "replace")) > MAX_BYTES + MAX_LINES:  # a form writes line ends as two bytes
        raise _refused(f"The file has more than {MAX_BYTES // 1000} KB. Split it and import the parts.")
    records = _records(text)
    header = _header(next(records, (1, []))[1])
    rows: list[Row] = []
    for number, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == MAX_LINES:
            raise _refused(f"The file has more than {MAX_LINES:,} lines. Split it and import the parts.")
        rows.append(_row(number, header, cells))
    if not rows:
        raise _refused("The file has a header and no lines below it.")
    return rows


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 1
    try:
        for cells in reader:
            yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise _refused(f"Line {number} cannot be read: a quotation mark is missing or too many.") from error


def _header(cells: list[str]) -> list[str]:
    header = [cell.strip().casefold().replace("e-mail", "email") for cell in cells]
    unknown = next((name for name in header if name not in COLUMNS + IGNORED), None)
    missing = next((name for name in NEEDED if name not in header), None)
    if missing is not None:
        raise _refused(f"The first line names the columns, and {missing} is not among them.")
    if unknown is not None:
        raise _refused(f"There is no column {unknown[:60]!r}. Use {', '.join(COLUMNS)}.")
    if len(set(header)) < len(header):
        raise _refused("A column stands twice in the first line.")
    return header


def _row(number: int, header: list[str], cells: list[str]) -> Row:
    while len(cells) > len(header) and not cells[-1].strip():
        cells = cells[:-1]
    problem = "" if len(cells) <= len(header) else f"{len(cells)} cells, the first line has {len(header)}."
    cells += [""] * (len(header) - len(cells))
    # A guard that an export put before what looks like a formula is no part of the value.
    values = {
        name: _GUARDED.sub("", cell.strip(), count=1) for name, cell in zip(header, cells, strict=False)
    }
    return Row(number, {name: values.get(name, "") for name in COLUMNS}, problem)


def _refused(message: str) -> Invalid:
    return Invalid(message, {"file": message})
