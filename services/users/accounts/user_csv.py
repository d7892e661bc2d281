"""Reads a CSV file of users, as spreadsheets write it, with clear limits."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pynamodb_grid.spreadsheet import plain_cell
from services.errors import Invalid

MAX_BYTES = 400_000
MAX_LINES = 5_000
NEEDED = ("name", "email")
COLUMNS = (*NEEDED, "phone", "role", "teams", "organization")
# Further columns of our own files, so that an export or the rejected lines can be corrected and sent again. The ID
# tells who is meant by a line without an address; the others are for people.
ID = "id"
IGNORED = (ID, "can sign in", "created", "invited", "line", "reason")
SEPARATORS = (",", ";", "\t")
_ZONE = re.compile(r" \([^)]*\)$")  # of a time, in the titles of exports
_BETWEEN = re.compile(r"([;,|\n])")  # the names in one cell


@dataclass(frozen=True)
class Row:
    """One line of the file: its number, its cells by column, what is wrong with its shape, and the ID it names."""

    number: int
    cells: dict[str, str]
    problem: str = ""
    user_id: str = ""


def decode(data: bytes) -> str:
    """Decode a file; raises Invalid if it is empty, too large or not in UTF-8."""
    if len(data) > MAX_BYTES:
        raise _refused(f"The file has more than {MAX_BYTES // 1000} KB. Split it and import it in parts.")
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
    """Read the lines after the header; raises Invalid if the file as a whole cannot be used."""
    text = text.removeprefix("\ufeff")
    if len(text.encode("utf-8", "replace")) > MAX_BYTES + MAX_LINES:  # a form writes line ends as two bytes
        raise _refused(f"The file has more than {MAX_BYTES // 1000} KB. Split it and import it in parts.")
    records = _records(text)
    header = _header(next(records, (1, []))[1])
    rows: list[Row] = []
    for number, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == MAX_LINES:
            raise _refused(f"The file has more than {MAX_LINES:,} lines. Split it and import it in parts.")
        rows.append(_row(number, header, cells))
    if not rows:
        raise _refused("The file has only a header and no other lines.")
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
        raise _refused(f"Line {number} cannot be read: check its quotation marks.") from error


def _header(cells: list[str]) -> list[str]:
    header = [_ZONE.sub("", cell.strip().casefold()).replace("e-mail", "email") for cell in cells]
    unknown = next((name for name in header if name not in COLUMNS + IGNORED), None)
    missing = next((name for name in NEEDED if name not in header), None)
    if missing is not None:
        raise _refused(f"The first line must name the columns, and {missing} is missing.")
    if unknown is not None:
        raise _refused(f"The column {unknown[:60]!r} is unknown. Use {', '.join(COLUMNS)}.")
    if len(set(header)) < len(header):
        raise _refused("The first line names a column twice.")
    return header


def _row(number: int, header: list[str], cells: list[str]) -> Row:
    while len(cells) > len(header) and not cells[-1].strip():
        cells = cells[:-1]
    problem = (
        "" if len(cells) <= len(header) else f"{len(cells)} cells, but the first line has {len(header)}."
    )
    cells += [""] * (len(header) - len(cells))
    # An apostrophe that an export put before what looks like a formula is not part of the value.
    values = {name: plain_cell(cell).strip() for name, cell in zip(header, cells, strict=False)}
    return Row(number, {name: values.get(name, "") for name in COLUMNS}, problem, values.get(ID, ""))


def written_list(names: Iterable[str]) -> str:
    """Write several names into one cell; one that has a separator is quoted."""
    quoted = ('"' + name.replace('"', '""') + '"' if _BETWEEN.search(name) else name for name in names)
    return "; ".join(quoted)


def read_list(cell: str, is_known: Callable[[str], bool]) -> list[str]:
    """Read the names in one cell: what `is_known`, the longest first, else what stands between separators."""
    parts = _BETWEEN.split(cell)  # names at even places, separators at odd ones
    names: list[str] = []
    start = 0
    while start < len(parts):
        ends = range(len(parts), start, -2)
        candidates = ((end, _unquoted("".join(parts[start:end]).strip())) for end in ends)
        end, name = next(
            ((end, name) for end, name in candidates if is_known(name)), (start + 1, parts[start].strip())
        )
        if name:
            names.append(name)
        start = end + 1
    return names


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].replace('""', '"') if is_quoted else text


def _refused(message: str) -> Invalid:
    return Invalid(message, {"file": message})
