"""Which tests a change reaches, on a small tree of its own."""

from pathlib import Path

import pytest

from local.affected import Affected, is_test, mirror

TREE = {
    "shop/__init__.py": "",
    "shop/prices.py": "TAX = 19\n",
    "shop/orders.py": "from shop import prices\n",
    "shop/pages.py": "from shop import orders\nPAGE = 'order.html'\n",
    "shop/templates/order.html": "{% include 'row.html' %}",
    "shop/templates/row.html": "a row",
    "shoptests/conftest.py": "from shoptests import counter\n",
    "shoptests/counter.py": "",
    "shoptests/test_prices.py": "from shop import prices\n",
    "shoptests/test_pages.py": "from shop.pages import PAGE\n",
    "shoptests/deep/test_alone.py": "",
}


@pytest.fixture
def affected(tmp_path, monkeypatch):
    """Give a function that says which tests a changed file reaches, and over how many imports."""
    for name, text in TREE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    known = Affected(tmp_path, ("shop", "shoptests"))
    return lambda name: {path.name: steps for path, steps in known.tests([Path(name)]).items()}


def test_the_nearest_tests_come_first(affected):
    assert list(affected("shop/prices.py").items()) == [("test_prices.py", 1), ("test_pages.py", 3)]
    assert affected("shop/pages.py") == {"test_pages.py": 1}


def test_a_changed_test_is_the_nearest_of_all(affected):
    assert affected("shoptests/test_pages.py") == {"test_pages.py": 0}


def test_what_a_conftest_needs_all_tests_below_need(affected):
    everything = {"test_prices.py": 1, "test_pages.py": 1, "test_alone.py": 1}
    assert affected("shoptests/conftest.py") == everything
    assert affected("shoptests/counter.py") == dict.fromkeys(everything, 2)


def test_a_template_counts_as_what_names_it(affected):
    assert affected("shop/templates/order.html") == {"test_pages.py": 1}
    assert affected("shop/templates/row.html") == {"test_pages.py": 1}, "named by a template that is named"


def test_what_nothing_names_reaches_nothing(affected):
    assert affected("LICENSE") == {}
    assert affected("shop/gone.py") == {}


def test_the_real_tree_is_read_whole():
    reached = Affected().tests([Path("tests/conftest.py")])
    assert Path("tests/local/test_affected.py") in reached
    assert Path("pynamodb_grid/tests/test_listing.py") in Affected().tests(
        [Path("pynamodb_grid/listing/__init__.py")]
    )


def test_tests_mirror_the_tree():
    assert mirror(Path("services/tickets/writer.py")) == Path("tests/services/tickets")
    assert mirror(Path("pynamodb_grid/listing/plan.py")) == Path("pynamodb_grid/tests")
    assert not is_test(Path("tests/conftest.py"))
    assert not is_test(Path("cdk/tests/test_tables.py")), "make synth runs these"
