"""Files that are not what they should be: one clear error, before anything is written."""

import gzip
from pathlib import Path

import pytest

from services.tickets.importing.reader import LONGEST_LINE, SourceFile, WrongFile

COLUMNS = ("a", "b", "c")
GOOD = b"a,b,c\n1,2,3\n"
# Without the time in its head, so that the tests' names are the same in every process.
PACKED = gzip.compress(GOOD * 1000, mtime=0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.csv"


def checked(path: Path, content: bytes) -> SourceFile:
    path.write_bytes(content)
    return SourceFile.check(path, COLUMNS)


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD[:-1],
        GOOD.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + GOOD,
        b'"a",b,c\n"1",2,3\n',
        GOOD.replace(b",", b";"),
        b'"a";"b";c\n"1";2;"3"\n',
        GOOD.replace(b",", b"\t"),
    ],
    ids=[
        "plain",
        "no last line end",
        "CRLF",
        "byte order mark",
        "quotes",
        "semicolons",
        "quoted semicolons",
        "tabs",
    ],
)
def test_ordinary_spellings_of_csv_are_read(path: Path, content: bytes):
    source = checked(path, content)
    assert source.rows == 1
    assert [(row.line, dict(row.cells)) for row in source.read()] == [(2, {"a": "1", "b": "2", "c": "3"})]


def test_columns_may_stand_in_another_order(path: Path):
    assert [row.cells["a"] for row in checked(path, b"c,b,a\n3,2,1\n").read()] == ["1"]


def test_a_cell_keeps_what_separates_elsewhere(path: Path):
    (row,) = checked(path, b'a;b;c\n1,5;"2;3";4\t5\n').read()
    assert dict(row.cells) == {"a": "1,5", "b": "2;3", "c": "4\t5"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"a,b,c\n", "no rows"),
        (b"x,y,z\n1,2,3\n", "another table"),
        (b"x;y;z\n1;2;3\n", "another table"),
        (b"a;b\n1;2\n", "'c' is missing"),
        (b"a;b,c\n1;2,3\n", "another table"),
        (b"\n\n", "another table"),
        (b"a,b\n1,2\n", "'c' is missing"),
        (b"a,b,c,b\n1,2,3,4\n", "'b' is there twice"),
        (b"a,b,c,d\n1,2,3,4\n", "'d' is not known"),
        (b"a,b,c\n1,\xff,3\n", "not UTF-8"),
        (b"a,b,c\n1,2,3\xc3", "not UTF-8"),
        (PACKED, "not UTF-8"),
        (b'"a,b,c\n1,2,3\n', "not a CSV header"),
        (b"a,b,c\n" + b"x" * (LONGEST_LINE + 1), "more than 64 KB"),
        (b"a,b,c\n" + b"x" * 3_000_000, "more than 64 KB"),
    ],
)
def test_a_wrong_file_is_told(path: Path, content: bytes, words: str):
    with pytest.raises(WrongFile, match=words):
        checked(path, content)


def test_a_long_line_over_the_border_of_two_reads_is_seen(path: Path):
    filler = b"1,2,3\n" * 170_000
    with pytest.raises(WrongFile, match="more than 64 KB"):
        checked(path, b"a,b,c\n" + filler + b"y" * (LONGEST_LINE + 1) + b"\n" + filler)


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        gzip.compress(GOOD * 1000, mtime=0)[:-9],
        gzip.compress(GOOD, mtime=0)[:12] + b"\0" * 30,
        b"\x1f\x8b",
    ],
    ids=["plain text", "cut short", "damaged", "two bytes"],
)
def test_damaged_gzip_is_told(tmp_path: Path, content: bytes):
    with pytest.raises(WrongFile, match=r"named \.gz"):
        checked(tmp_path / "log.csv.gz", content)


def test_gzip_of_several_parts_is_read_to_its_end(tmp_path: Path):
    source = checked(tmp_path / "log.csv.gz", gzip.compress(GOOD, mtime=0) + gzip.compress(b"4,5,6\n"))
    assert [row.cells["a"] for row in source.read()] == ["1", "4"]


def test_what_is_not_a_file_is_told(tmp_path: Path):
    with pytest.raises(WrongFile, match="cannot be read"):
        SourceFile.check(tmp_path, COLUMNS)
    with pytest.raises(WrongFile, match="cannot be read"):
        SourceFile.check(tmp_path / "absent.csv", COLUMNS)


def test_a_bad_line_is_its_own_fault_only(path: Path):
    source = checked(path, b'a,b,c\n1,"2,3\n4,5,6\n\n7,8\n9,9,9,9\n"x"y,1,2\n1,2,3\n')
    faults = {row.line: row.fault for row in source.read()}
    assert {line for line, fault in faults.items() if not fault} == {3, 8}
    assert faults[4] == "0 cells instead of 3"
    assert faults[5] == "2 cells instead of 3"
    assert faults[6] == "4 cells instead of 3"
    assert "not a CSV line" in faults[2]
    assert "not a CSV line" in faults[7]
