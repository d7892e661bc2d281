"""Walking over rows: who is tried, what was to be expected, and that a refusal changed nothing."""

from collections.abc import Callable, Mapping

from tests.authorization.matrix import MATRIX, Key
from tests.writes import recorded

Try = Callable[[Key, str, bool], str]  # row, column, whether it may succeed -> outcome
Outcomes = dict[str, str]


def unknown(table: str, rows: set[Key], attempt: Try) -> tuple[dict[Key, Outcomes], list[Key]]:
    """Try what the table does not have, and list what it has for nothing."""
    known = MATRIX.tables[table]
    missing = sorted(rows - known.rows.keys())
    tried = {key: {column: attempt(key, column, True) for column in known.columns} for key in missing}
    return tried, [key for key in known.rows if key not in rows]


NOTED = ("UpdateItem attempts", "PutItem audit")  # that a token was refused


def refusals(table: str, rows: set[Key], attempt: Try) -> tuple[dict[Key, Outcomes], list[str]]:
    """Try everything that is to be refused; return the rows that answer otherwise, and what they wrote."""
    wrong: dict[Key, Outcomes] = {}
    writes_seen = []
    for key, expected in _rows(table, rows).items():
        refused = [column for column, outcome in expected.items() if outcome != "yes"]
        with recorded() as writes:
            outcomes = {column: attempt(key, column, False) for column in refused}
        if any(outcomes[column] != expected[column] for column in refused):
            wrong[key] = {**expected, **outcomes}
        else:
            noted = NOTED if "/api/" in key[1] else ()
            writes_seen += [
                f"{' '.join(key)} was refused and wrote: {write}" for write in writes if write not in noted
            ]
    return wrong, writes_seen


def grants(table: str, rows: set[Key], attempt: Try) -> dict[Key, Outcomes]:
    """Try everything that is allowed, each time on things of its own; return the rows that refuse it."""
    wrong: dict[Key, Outcomes] = {}
    for key, expected in _rows(table, rows).items():
        allowed = [column for column, outcome in expected.items() if outcome == "yes"]
        outcomes = {column: attempt(key, column, True) for column in allowed}
        if any(outcome != "yes" for outcome in outcomes.values()):
            wrong[key] = {**expected, **outcomes}
    return wrong


def _rows(table: str, rows: set[Key]) -> Mapping[Key, Outcomes]:
    return {key: row for key, row in MATRIX.tables[table].rows.items() if key in rows}
