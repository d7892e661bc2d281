"""The expectation table: how matrix.txt is read, and how a line of it is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FILE = Path(__file__).with_name("matrix.txt")
TO_REVIEW = "# observed, to be reviewed"
KEYS = {"routes": 3, "services": 2, "lists": 1, "rank": 2}  # cells in front of the outcomes
OUTCOMES = ("yes", "sign in", "no", "hidden")
Key = tuple[str, ...]


@dataclass
class Table:
    """One table with outcomes; the head of the file's table says which columns there are and how wide."""

    keys: int
    head: list[str]
    rows: dict[Key, dict[str, str]] = field(default_factory=dict)
    raw: dict[Key, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Name the columns with outcomes."""
        return [cell.strip() for cell in self.head[self.keys :]]

    def add(self, line: str) -> None:
        """Read a row."""
        cells = [cell.strip() for cell in line.split("|")]
        assert len(cells) == len(self.head), f"not as many cells as the head has: {line}"
        key = tuple(cells[: self.keys])
        assert key not in self.rows, f"twice in the table: {line}"
        self.rows[key] = dict(zip(self.columns, cells[self.keys :], strict=True))
        self.raw[key] = line

    def line(self, key: Key, outcomes: Mapping[str, str]) -> str:
        """Write a row as wide as the head."""
        cells = [*key, *(outcomes[column] for column in self.columns)]
        wide = [f" {cell}".ljust(len(head)) for cell, head in zip(cells, self.head, strict=True)]
        return "|".join(wide)[1:].rstrip()


@dataclass
class Matrix:
    """The whole file: what custom roles permit, the tables, and the methods that ask nobody."""

    roles: dict[str, dict[str, str]] = field(default_factory=dict)
    limited: dict[str, dict[str, str]] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    internal: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, text: str) -> "Matrix":
        """Read the file."""
        matrix, section = cls(), ""
        for line in text.splitlines():
            if line.startswith("#"):
                matrix.comments.append(line)
            elif line.startswith("["):
                section = line.strip("[]")
            elif line.strip():
                matrix._take(section, line)
        return matrix

    def _take(self, section: str, line: str) -> None:
        if section in KEYS and section not in self.tables:
            self.tables[section] = Table(KEYS[section], f" {line}".split("|"))
        elif section in KEYS:
            self.tables[section].add(line)
        else:
            name, _, value = (part.strip() for part in line.partition("|"))
            if section in ("roles", "limited"):
                roles = self.roles if section == "roles" else self.limited
                roles[name] = dict(pair.split() for pair in value.split(","))
            else:
                assert name not in self.internal, f"twice in the list: {line}"
                self.internal[name] = value


MATRIX = Matrix.read(FILE.read_text(encoding="utf-8"))


def complaint(table: str, observed: Mapping[Key, Mapping[str, str]], superfluous: Iterable[Key] = ()) -> str:
    """Say which lines of matrix.txt are missing, wrong or superfluous, ready to be pasted; "" for none."""
    known, lines = MATRIX.tables[table], []
    if observed:
        lines.append(f"matrix.txt, table [{table}]: these lines are missing, or say something else than what")
        lines.append("happens. Paste those that are as they should be, and remove their comment:\n")
    for key, outcomes in observed.items():
        was = known.rows.get(key, {})
        wrong = [f"{name} was {was[name]}" for name in was if was[name] != outcomes[name]]
        lines.append(f"{TO_REVIEW}: {', '.join(wrong) or 'new'}")
        lines.append(known.line(key, outcomes))
    gone = [known.raw[key] for key in superfluous]
    if gone:
        lines += [f"\nmatrix.txt, table [{table}]: nothing answers to these lines, remove them:\n", *gone]
    return "\n".join(lines)
