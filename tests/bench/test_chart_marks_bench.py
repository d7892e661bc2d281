"""The measurement of the lists behind marks: on a log of three incidents, and what it says of a wrong list."""

import pytest

from bench import chart_marks
from bench.chart_marks import Mark, marks
from bench.client import WrongAnswer
from pynamodb_grid.tests.depth import deep
from tests.engines import embedded_only
from tests.services.tickets.importing import logs

PAYLOAD = {
    "figures": {
        "daily": {"data": [{"x": ["Mon", "Tue"], "y": [3, 0], "customdata": ["/created", None]}]},
        "team": {"data": [{"orientation": "h", "x": [1200], "y": ["Billing"], "customdata": ["/team"]}]},
    },
    "tables": {
        "team": {"rows": [["Billing", ("1,200", "/team"), "4 h"]]},
        "agents": {"of": "agent"},
    },
    "heat": [[0, 2]],
    "heat_url": "/hour=",
    "parts": {
        "tiles": [
            {
                "type": "Div",
                "props": {
                    "children": [{"type": "A", "props": {"href": "/all", "children": ["Open the 5", {}]}}]
                },
            }
        ]
    },
}


def test_every_mark_is_found():
    expected: list[Mark] = [
        ("chart daily", 3, "/created"),
        ("chart team", 1200, "/team"),
        ("table team", 1200, "/team"),
        ("hours", 2, "/hour=1"),
        ("explanation: Open the 5", 5, "/all"),
    ]
    assert list(marks(PAYLOAD)) == expected


@pytest.mark.parametrize(("value", "link"), [(0, "/created"), (3, None)])
def test_a_mark_without_its_list_is_an_error(value, link):
    figure = {"data": [{"x": ["Mon"], "y": [value], "customdata": [link]}]}
    with pytest.raises(WrongAnswer, match="daily"):
        list(marks(PAYLOAD | {"figures": {"daily": figure}}))


@deep
@embedded_only
def test_all_lists_are_requested(tmp_path, capsys):
    incidents = [logs.incident(n, "New", "Active", "Closed")[: 2 + n % 2] for n in range(1, 4)]
    rows = [row | {"assignment_group": "Group 70"} for one in incidents for row in one]
    assert chart_marks.main([str(logs.write(tmp_path / "log.csv.gz", rows))]) == 0
    out = capsys.readouterr().out
    assert "3 incidents with 8 rows imported" in out
    assert "0 with another number than their lists" in out
