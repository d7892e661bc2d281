"""CSV as a stream, safe to open in a spreadsheet."""

import csv
import io
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

_DANGEROUS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)  # the last: full width
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\x00"  # not spaces to Python, but nothing to a spreadsheet
_CHUNK = 200  # rows per piece sent


def safe_cell(value: Any) -> Any:
    """Defuses text that a spreadsheet would run as a formula, also behind leading spaces; numbers pass."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = str(value)
    # Tab and return are spaces themselves, so they are looked for before spaces are stripped.
    if text.startswith(_DANGEROUS) or text.lstrip(string.whitespace + "\u00a0" + _INVISIBLE).startswith(
        _DANGEROUS
    ):
        return "'" + text
    return text


def stream_csv(
    titles: Sequence[str], rows: Iterable[Any], cells: Callable[[Any], Sequence[Any]], *, most: int = 0
) -> Iterator[str]:
    """Yields CSV text piece by piece, never holding more than one piece of rows.

    At most `most` rows (0: all) are written; a last line says so where there are more.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([safe_cell(title) for title in titles])
    for number, row in enumerate(rows, 1):
        if most and number > most:
            writer.writerow([f"These are the first {most:,} rows. Filter the list for the others."])
            break
        writer.writerow([safe_cell(cell) for cell in cells(row)])
        if number % _CHUNK == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
