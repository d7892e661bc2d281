"""In which order tests run, and which of them stay together when several processes run them.

A file stays together, since its tables and its application are built once for all its tests. Tests of the
running product and browser tests stay together, whatever file they are in: they share one product and one
Chromium. There are two such groups, each with a product of its own, so that two processes can run them: tests
that only look at pages, and all others. The heaviest starts first, so that all processes end together.
"""

from collections import Counter
from typing import Any

import pytest
from _pytest.nodeid import NodeId
from xdist.scheduler import LoadGroupScheduling

PRODUCT, PAGES = "product", "pages"
ONLY_LOOKING = ("tests/browser/test_every_page.py", "tests/analytics_dash/")
# About what a test of a kind takes, in seconds; one that takes much longer says so: @pytest.mark.takes(20).
USUAL = {"browser": 0.5, "engine": 0.1, "": 0.04}


class FilesAndGroups(LoadGroupScheduling):
    """Hands a process a whole file or a whole group at a time, in the order of the tests."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        """Keep to the order that `arrange` made: xdist's own goes by the number of tests."""
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        group: str = super()._split_scope(nodeid)
        return nodeid.partition("::")[0] if group == nodeid else group


def arrange(items: list[pytest.Item]) -> None:
    """Sort files and groups of the running product, the heaviest first."""
    weights: Counter[str] = Counter()
    for item in items:
        weights[_unit(item)] += seconds(item)
    items.sort(key=lambda item: (-weights[_unit(item)], _unit(item)))


def name_groups(items: list[pytest.Item]) -> None:
    """Write the groups into the ids that xdist deals tests out by, as its mark `xdist_group` does.

    pytest-xdist 3.8 writes it into an attribute that pytest 9.2 no longer reads, so the mark has no effect.
    """
    for item in items:
        if (group := group_of(item)) is not None:
            item._id = NodeId.parse(f"{item.nodeid}@{group}")


def seconds(item: pytest.Item) -> float:
    """Return about how long a test takes."""
    if any(mark.args[0] for mark in item.iter_markers("skipif")):
        return 0.0
    if taken := item.get_closest_marker("takes"):
        return float(taken.args[0])
    return next(usual for kind, usual in USUAL.items() if not kind or item.get_closest_marker(kind))


def _unit(item: pytest.Item) -> str:
    return group_of(item) or item.nodeid.partition("::")[0]


def group_of(item: pytest.Item) -> str | None:
    """Return the group of a test that uses the running product or a browser; None for any other."""
    fixtures = getattr(item, "fixturenames", ())
    if "live_server" not in fixtures and item.get_closest_marker("browser") is None:
        return None
    return PAGES if item.nodeid.startswith(ONLY_LOOKING) else PRODUCT
