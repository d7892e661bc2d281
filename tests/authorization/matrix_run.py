"""Walking over rows: who is tried, what was to be expected, and that a refusal changed nothing."""

from collections.abc import Callable, Mapping

from tests.authorization.matrix import MATRIX, Key
from tests.writes import recorded

Try = Callable[[Key, str, bool], str]  # row, column, whether it may succeed -> outcome
Outcomes = dict[str, str]


def unknown(table: str, wanted: set[Key], attempt: Try) -> tuple[dict[Key, Outcomes], list[Key]]:
    """Try what the table does not have, and list what it has for nothing."""
    known = MATRIX.tables[table]
    missing = sorted(wanted - known.rows.keys())
    tried = {key: {column: attempt(key, column, True) for column in known.columns} for key in missing}
    return tried, [key for key in known.rows if key not in wanted]


def refusals(table: str, wanted: set[Key], attempt: Try) -> tuple[dict[Key, Outcomes], list[str]]:
    """Try everything that is to be refused; return the rows that answer otherwise, and what they wrote."""
    wrong: dict[Key, Outcomes] = {}
    traces = []
    for key, expected in _rows(table, wanted).items():
        refused = [column for column, outcome in expected.items() if outcome != "yes"]
        with recorded() as writes:
            found = {column: attempt(key, column, False) for column in refused}
        if any(found[column] != expected[column] for column in refused):
            wrong[key] = {**expected, **found}
        else:
            traces += [f"{' '.join(key)} was refused and wrote: {write}" for write in writes]
    return wrong, traces


def grants(table: str, wanted: set[Key], attempt: Try) -> dict[Key, Outcomes]:
    """Try everything that is allowed, each time on things of its own; return the rows that refuse it."""
    wrong: dict[Key, Outcomes] = {}
    for key, expected in _rows(table, wanted).items():
        allowed = [column for column, outcome in expected.items() if outcome == "yes"]
        found = {column: attempt(key, column, True) for column in allowed}
        if any(outcome != "yes" for outcome in found.values()):
            wrong[key] = {**expected, **found}
    return wrong


def _rows(table: str, wanted: set[Key]) -> Mapping[Key, Outcomes]:
    return {key: row for key, row in MATRIX.tables[table].rows.items() if key in wanted}
