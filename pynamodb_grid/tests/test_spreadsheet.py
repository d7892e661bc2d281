"""No spreadsheet starts a cell with a formula, whatever its list separator; and every text comes back."""

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pynamodb_grid.spreadsheet import BOM, csv_line, plain_cell, safe_cell, stream_csv

SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
UNSEEN = " \u00a0\u200b\ufeff\u2060"
HOSTILE = st.text(alphabet=[*SIGNS, *",;\t\r\n\"'", " ", "\u200b", "\u00a0", "a", "5", "."], max_size=14)


def cells_where(separators: str, text: str) -> list[str]:
    """Cut a file into cells as a spreadsheet with these list separators does: quotes count at the start only."""
    cells, cell, position, quoted, fresh = [], "", 0, False, True
    while position < len(text):
        sign = text[position]
        if quoted and sign == '"' and text[position + 1 : position + 2] == '"':
            cell, position = cell + '"', position + 1
        elif quoted or (sign == '"' and fresh):
            quoted = not quoted if sign == '"' else quoted
            cell += "" if sign == '"' else sign
        elif sign in separators or sign in "\r\n":
            cells.append(cell)
            cell, fresh = "", True
            position += 1
            continue
        else:
            cell += sign
        fresh = False
        position += 1
    return [*cells, cell]


def is_formula(cell: str) -> bool:
    bare = cell.lstrip(UNSEEN + '"')
    return bare.startswith(SIGNS) and not re.fullmatch(r"-\d+([.,]\d+)?", cell)


@pytest.mark.parametrize("separators", [",", ";", "\t", ",;\t"], ids=["comma", "semicolon", "tab", "any"])
@given(st.lists(HOSTILE, min_size=1, max_size=3))
@example(["first", "hello;=1+1"])
@example(["first", 'x;"=1+1"'])
@example(["first", "line\n@SUM(A1)"])
@example(["a\t=1", "=1"])
@example(['"', ";=1"])
def test_no_cell_starts_a_formula(separators: str, texts: list[str]) -> None:
    cells = cells_where(separators, csv_line(texts))
    assert not [cell for cell in cells if is_formula(cell)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@given(HOSTILE)
def test_the_csv_module_agrees(separator: str, text: str) -> None:
    for row in csv.reader(io.StringIO(csv_line(["x", text]), newline=""), delimiter=separator):
        assert not [
            cell for cell in row if cell.startswith(SIGNS) and not re.fullmatch(r"-\d+([.,]\d+)?", cell)
        ]


@given(st.one_of(HOSTILE, st.text(max_size=20)))
def test_every_text_comes_back(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text
    ((cell,),) = csv.reader(io.StringIO(csv_line([text]), newline="")) if "\x00" not in text else [(text,)]
    assert plain_cell(cell) == text or "\x00" in text


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1+1", "@x", "\tx", "\rx", "  =1+1", "\n=1", "\u00a0=1", "\ufeff=1", "\uff1d1", "\u200b@x",
     '"=1"', "'=1"],
)  # fmt: skip
def test_formulas_are_defused(text: str) -> None:
    assert safe_cell(text).startswith("'" + text[0])


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("hello;=1+1", "hello;'=1+1"),
        ("a,=1", "a,'=1"),
        ("a\t-x;-5", "a\t'-x;'-5"),
        ("Outage, -5 degrees", "Outage, -5 degrees"),
    ],
)
def test_each_part_is_looked_at(text: str, safe: str) -> None:
    assert safe_cell(text) == safe


def test_numbers_and_plain_text_pass() -> None:
    values = (-5, 1.5, "-5", "-5.25", "-5,25", "a=b", "", True)
    assert [safe_cell(value) for value in values] == [*values[:-1], "True"]
    assert csv_line([-5, "-5", "x"]) == '-5,"-5","x"\r\n'


@pytest.mark.parametrize(
    ("rows", "most", "last"), [(3, 0, "2"), (3, 3, "2"), (4, 3, "These are the first 3 rows.")]
)
def test_an_export_that_stops_says_so(rows: int, most: int, last: str) -> None:
    text = "".join(stream_csv(["Número"], ([row] for row in range(rows)), most=most))
    assert text.startswith(BOM)
    lines = text.removeprefix(BOM).splitlines()
    assert lines[-1].strip('"').startswith(last)
    assert lines[:4] == ['"Número"', "0", "1", "2"]


def test_many_rows_come_in_pieces() -> None:
    pieces = list(stream_csv(["Number"], ([row] for row in range(450))))
    assert len(pieces) == 3
    assert "".join(pieces).count("\r\n") == 451
