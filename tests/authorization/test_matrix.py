"""The expectation table itself: complete, written evenly, and nothing in it that nobody has looked at."""

import pytest

from services.users.identity import BUILT_IN, Permission, Scope
from tests.authorization.matrix import MATRIX, OUTCOMES, TO_REVIEW, Matrix, complaint
from tests.authorization.matrix_run import unknown
from tests.authorization.matrix_site import NOBODY


@pytest.mark.parametrize("name", ["routes", "services", "lists"])
def test_every_role_has_a_column(name):
    people = [*BUILT_IN, *MATRIX.roles]
    assert len(MATRIX.roles) >= 2
    assert MATRIX.tables[name].columns == ([NOBODY, *people] if name == "routes" else people)


@pytest.mark.parametrize("name", ["routes", "services"])
def test_the_words_are_known(name):
    words = {word for row in MATRIX.tables[name].rows.values() for word in row.values()}
    assert words <= set(OUTCOMES)


@pytest.mark.parametrize("name", ["routes", "services", "lists"])
def test_the_lines_are_even(name):
    table = MATRIX.tables[name]
    uneven = [
        table.line(key, row) for key, row in table.rows.items() if table.raw[key] != table.line(key, row)
    ]
    assert not uneven, "matrix.txt has these lines otherwise:\n" + "\n".join(uneven)


def test_custom_roles_hold_known_permissions():
    for role in MATRIX.roles.values():
        assert all(Permission(name) and Scope[scope.upper()] for name, scope in role.items())


def test_everything_was_reviewed():
    waiting = [line for line in MATRIX.comments if line.startswith(TO_REVIEW)]
    assert not waiting, "matrix.txt: decide about these lines, then remove their comments"


def test_a_new_route_without_an_entry_prints_its_lines():
    rows = {*MATRIX.tables["routes"].rows, ("POST", "/desk/new-idea", "foreign")}
    missing, superfluous = unknown("routes", rows, lambda *tried: "no" if tried[2] else "yes")
    assert not superfluous
    said = complaint("routes", missing)
    assert f"{TO_REVIEW}: new\nPOST   | /desk/new-idea " in said
    (line,) = [line for line in said.splitlines() if "new-idea" in line]
    table = MATRIX.tables["routes"]
    table_of_one = Matrix.read("[routes]\n" + "|".join(table.head)[1:] + "\n" + line).tables["routes"]
    assert table_of_one.rows == {("POST", "/desk/new-idea", "foreign"): dict.fromkeys(table.columns, "no")}


def test_a_line_without_a_route_is_named():
    (key, *_) = MATRIX.tables["routes"].rows
    rows = set(MATRIX.tables["routes"].rows) - {key}
    missing, superfluous = unknown("routes", rows, lambda *_: "yes")
    assert not missing
    assert MATRIX.tables["routes"].raw[key] in complaint("routes", missing, superfluous)
