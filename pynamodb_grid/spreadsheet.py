"""Cells of files that spreadsheets open: what would become a formula there is text, and comes back unchanged.

A cell is not always what its file says. Where the list separator is a semicolon or a tab, a spreadsheet cuts a
comma-separated line at those, even within quotes, and at line breaks. So each part of a text is looked at.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

BOM = "\ufeff"  # without it, spreadsheets read UTF-8 as the code page of their locale
_CHUNK = 200  # rows per piece
_FORMULA = r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"  # the last eight: full width, small
# What a spreadsheet drops in front of a formula: spaces, quotes, what cannot be seen. And the apostrophe below.
_DROPPED = r"[\s\"'\x00\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]*"
_PART = r"(?:^|(?<=[;\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]))"  # where a part begins
# Parts are never cut at a comma, which is this file's own separator; only what is glued to one is suspicious.
_AFTER_COMMA = r"(?<=,)"
_PLACES = (rf"{_PART}(?={_DROPPED}{_FORMULA})", rf"{_AFTER_COMMA}(?=[\"']*{_FORMULA})", r"^(?='*[\t\r\n])")
_NEGATIVE = re.compile(r"-\d+(?:[.,]\d+)?")
_UNSAFE = re.compile("|".join(_PLACES))
_MADE_SAFE = re.compile("|".join(place.replace("(?=", "'(?=", 1) for place in _PLACES))


def safe_cell(value: Any) -> Any:
    """Return a value for a cell of any spreadsheet file: numbers as they are, everything else as inert text.

    An apostrophe goes before what would start a formula, at the beginning or where a cell could be cut. A negative
    number stays one, also as text.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = str(value)
    return text if _NEGATIVE.fullmatch(text) else _UNSAFE.sub("'", text)


def plain_cell(text: str) -> str:
    """Return what `safe_cell` was given, for files that come back; text that it never wrote stays as it is."""
    return _MADE_SAFE.sub("", text)


def csv_line(cells: Iterable[Any]) -> str:
    """Write one line; all text is quoted, because a list separator in it is another one elsewhere."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC).writerow([safe_cell(cell) for cell in cells])
    return buffer.getvalue()


def stream_csv(titles: Sequence[str], rows: Iterable[Sequence[Any]], *, most: int = 0) -> Iterator[str]:
    """Yield CSV text piece by piece, never holding more than one piece of rows.

    It begins with a byte order mark. At most `most` rows (0: all) are written; a last line says so where there
    are more.
    """
    piece = [BOM, csv_line(titles)]
    for number, row in enumerate(rows, 1):
        if most and number > most:
            piece.append(csv_line([f"These are the first {most:,} rows. Filter the list for the others."]))
            break
        piece.append(csv_line(row))
        if number % _CHUNK == 0:
            yield "".join(piece)
            piece.clear()
    yield "".join(piece)
