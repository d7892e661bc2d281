"""Every chart of the overview is defined once: card, figure and table follow from its entry."""

import json

import pytest

from analytics_dash.charts import CHARTS
from analytics_dash.links import Links
from analytics_dash.mount import PREFIX
from tests.analytics_dash.fakes import AGENTS, CATEGORIES, TEAMS

NAMES = {
    "team": {team.id: team.name for team in TEAMS},
    "category": {category.id: category.name for category in CATEGORIES},
    "priority": {},
    "assignee": AGENTS,
}


@pytest.fixture
def drawn(fake_overview):
    links = Links(lambda _: "/tickets", fake_overview.filters)
    return {name: chart.draw(fake_overview, NAMES, links) for name, chart in CHARTS.items()}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_draws_data_and_the_same_numbers_as_a_table(name, drawn):
    figure, table = drawn[name]
    assert json.loads(json.dumps(figure)) == figure
    assert any(trace["x"] for trace in figure["data"])
    assert table["rows"]
    assert all(len(row) == len(table["head"]) for row in table["rows"])


@pytest.mark.parametrize("name", CHARTS)
def test_every_mark_of_a_chart_can_be_opened(name, drawn):
    marks = [trace for trace in drawn[name][0]["data"] if trace.get("hoverinfo") != "skip"]
    assert marks
    assert all(len(trace["customdata"]) == len(trace["x"]) for trace in marks)


def titles(component):
    """Walk the titles of cards, (name, text), in the order of the page."""
    if isinstance(component, list):
        for each in component:
            yield from titles(each)
    elif isinstance(component, dict):
        props = component["props"]
        if str(props.get("id")).startswith("title-"):
            yield props["id"].removeprefix("title-"), props["children"]
        yield from titles(props.get("children"))


def test_the_page_has_a_card_for_each_chart_in_order(site):
    shown = list(titles(site.server.test_client().get(f"{PREFIX}_dash-layout").json))
    charts = [(name, chart.title) for name, chart in CHARTS.items()]
    others = [("arrivals", "Arrivals"), ("agents", "Agents")]
    assert [each for each in shown if each not in others] == charts
    assert len(shown) == len(charts) + len(others)


def test_breakdowns_name_tickets_without_a_group(fake_overview, drawn):
    for name, rows, nobody in (
        ("team", fake_overview.by_team, "No team"),
        ("category", fake_overview.by_category, "No category"),
    ):
        assert any(row.key is None for row in rows), name
        assert nobody in [row[0] for row in drawn[name][1]["rows"]]
