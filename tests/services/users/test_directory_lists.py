"""Pages of users from the directory: filtered, in order, and the same whatever comes or goes between two pages."""

from dataclasses import dataclass, field, replace

import pytest

from models.users_listing import BadRequest, Condition, Op, Sort, Window
from services.users.directory import DirectoryLists, Person

NAMES = ("Zoe", "ana", "Ánna", "Ben", "ben", "Carl")


def person(number: int, name: str) -> Person:
    return Person(
        user_id=f"u{number}",
        name=name,
        email=None,
        role_id=("agent", "customer")[number % 2],
        team_ids=(),
        organization_id="acme" if number % 3 == 0 else None,
        active=number != 4,
        folded=name.casefold(),
    )


@dataclass
class Everybody:
    """Stands for the directory of a process."""

    entries: tuple[Person, ...]
    complete: bool = True
    asked: list[int] = field(default_factory=list)

    def people(self) -> tuple[Person, ...]:
        return self.entries


@pytest.fixture
def directory() -> Everybody:
    return Everybody(tuple(person(number, name) for number, name in enumerate(NAMES)))


def ids(selection) -> list[str]:
    return [key for _, key in selection.positions]


def test_by_name_without_case_and_accents(directory):
    lists = DirectoryLists(directory)
    in_order = ["u1", "u2", "u3", "u4", "u5", "u0"]
    assert ids(lists.select((), None, Window(10))) == in_order
    assert ids(lists.select((), Sort("sort_name", descending=True), Window(10))) == in_order[::-1]
    page = lists.select((), None, Window(2, 2))
    assert (ids(page), page.count) == (["u3", "u4"], 6)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("role_id", Op.EQ, "agent"), {"u0", "u2", "u4"}),
        (Condition("role_id", Op.NE, "agent"), {"u1", "u3", "u5"}),
        (Condition("role_id", Op.IN, ["agent", "none"]), {"u0", "u2", "u4"}),
        (Condition("role_id", Op.NOT_IN, ["agent"]), {"u1", "u3", "u5"}),
        (Condition("active", Op.EQ, value=False), {"u4"}),
        (Condition("organization_id", Op.MISSING), {"u1", "u2", "u4", "u5"}),
        (Condition("organization_id", Op.EXISTS), {"u0", "u3"}),
        (Condition("sort_name", Op.BEGINS, "an"), {"u1", "u2"}),
        (Condition("sort_name", Op.CONTAINS, "n"), {"u1", "u2", "u3", "u4"}),
    ],
)
def test_each_filter(directory, condition, expected):
    page = DirectoryLists(directory).select((condition,), None, Window(10))
    assert (set(ids(page)), page.count) == (expected, len(expected))


def test_an_unknown_comparison_is_refused(directory):
    with pytest.raises(BadRequest):
        DirectoryLists(directory).select((Condition("sort_name", Op.GT, "a"),), None, Window(10))


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by", ["sort_name", "organization_id", "role_id"])
def test_pages_lead_on_from_a_position_and_back(directory, by, descending):
    lists, sort = DirectoryLists(directory), Sort(by, descending)
    whole = lists.select((), sort, Window(10)).positions
    if by == "organization_id":
        assert [value for value, _ in whole] == ["acme"] * 2 + [None] * 4, "without one comes last"
    for at in range(6):
        after = lists.select((), sort, Window(2, 0, whole[at]))
        assert list(after.positions) == whole[at + 1 : at + 3]
        before = lists.select((), sort, Window(2, 0, whole[at], backward=True))
        assert list(before.positions) == whole[max(0, at - 2) : at]


def test_somebody_new_moves_nobody(directory):
    lists = DirectoryLists(directory)
    first = lists.select((), None, Window(2)).positions
    directory.entries = (*directory.entries[:2], *directory.entries[3:], person(6, "Aaron"))
    assert ids(lists.select((), None, Window(2, 0, first[-1]))) == ["u3", "u4"]
    directory.entries = tuple(
        replace(one, name="Abe") if one.user_id == "u5" else one for one in directory.entries
    )
    assert ids(lists.select((), None, Window(3))) == ["u6", "u5", "u1"]


def test_while_it_does_not_know_everybody_an_index_answers(directory):
    assert DirectoryLists(directory).age() == 0
    directory.complete = False
    assert DirectoryLists(directory).age() is None
