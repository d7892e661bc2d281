"""The heaviest files start first, and all tests of the running product stay together."""

import pytest

from tests.order import PAGES, PRODUCT, FilesAndGroups, arrange, group_of


class Item:
    """As much of a test as its place in the order depends on."""

    def __init__(self, file: str, *marks: pytest.MarkDecorator, fixtures: tuple[str, ...] = ()) -> None:
        self.nodeid = f"{file}::test_it"
        self.fixturenames = fixtures
        self.marks = [mark.mark for mark in marks]

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return next(self.iter_markers(name), None)

    def iter_markers(self, name: str):
        return (mark for mark in self.marks if mark.name == name)


def files(items: list[Item]) -> list[str]:
    return [item.nodeid.partition("::")[0] for item in items]


def test_files_come_by_weight_and_in_one_piece():
    engine, browser = pytest.mark.engine, pytest.mark.browser
    items = [
        Item("a"),
        Item("b", engine),
        Item("a"),
        Item("c", browser),
        Item("b", engine),
        Item("d", browser),
        Item("e", engine, fixtures=("live_server",)),
    ]
    arrange(items)
    assert files(items) == ["c", "d", "e", "b", "b", "a", "a"]


def test_a_test_that_says_how_long_it_takes_weighs_that_much_unless_it_is_skipped():
    long, never = pytest.mark.takes(9), pytest.mark.skipif(True, reason="not today")
    items = [Item("a"), Item("b", long, never), Item("c", long), Item("a")]
    arrange(items)
    assert files(items) == ["c", "a", "a", "b"]


def test_a_file_is_dealt_out_whole_and_a_group_together():
    scope = FilesAndGroups._split_scope.__get__(object.__new__(FilesAndGroups))
    assert scope("tests/a.py::test_it[x@y]") == scope("tests/a.py::Class::test_other") == "tests/a.py"
    assert scope("tests/b.py::test_it[x@y]@product") == scope("tests/c.py::test_it@product") == "product"


def test_what_only_looks_at_pages_is_a_group_of_its_own():
    browser = pytest.mark.browser
    assert group_of(Item("tests/browser/test_every_page.py", browser)) == PAGES
    assert group_of(Item("tests/browser/test_undo.py", browser)) == PRODUCT
    assert group_of(Item("tests/analytics_dash/test_layout.py")) is None


def test_the_groups_of_the_running_product_are_known_to_xdist(request):
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("tests run in one process")
    groups = {item.nodeid: group_of(item) for item in request.session.items}
    assert [name for name, group in groups.items() if group and not name.endswith(f"@{group}")] == []
