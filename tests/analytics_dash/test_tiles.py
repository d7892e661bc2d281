"""Tiles: value, change in the right tone, n, and an explanation that adds up."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from analytics_dash import tiles
from analytics_dash.links import Links
from services.reporting import NONE, Counted, Figure, Filters, Measure


@pytest.fixture
def overview(fake_overview):
    return fake_overview


@pytest.fixture
def links(overview):
    return Links(lambda counted: f"/t?{counted.measure.value}", overview.filters)


def explanations(overview, links):
    return [tile["props"]["children"][-1] for tile in tiles.row(overview, links)]


def texts(element):
    """List the words of an element in their order."""
    if isinstance(element, str):
        return [element]
    children = element["props"].get("children") or []
    return [
        word for one in (children if isinstance(children, list) else [children]) if one for word in texts(one)
    ]


def figure(value, previous, unit="count"):
    return Figure("x", value, unit, 10, "Text.", 1, previous=previous)


@pytest.mark.parametrize(
    ("figure", "relative", "text", "sign"),
    [
        (figure(106, 100), True, "+6.0 %", 1),
        (figure(94, 100), True, "\u22126.0 %", -1),
        (figure(100, 100), True, "no change", 0),
        (figure(5, 0), True, "+5", 1),
        (figure(1761, 1797), False, "\u221236", -1),
        (figure(1440, 1800, "seconds"), False, "\u22126 min", -1),
        (figure(0.042, 0.05, "share"), False, "\u22120.8 pt", -1),
        (figure(0.042, 0.0421, "share"), False, "no change", 0),
        (figure(None, 3), False, "", 0),
        (figure(3, None), False, "", 0),
    ],
)
def test_changes(figure, relative, text, sign):
    shown_text, difference = tiles.change(figure, relative=relative)
    assert shown_text == text
    assert (difference > 0) - (difference < 0) == sign


def test_one_tile_and_one_explanation_per_figure_in_order(overview, links):
    row = tiles.row(overview, links)
    assert [tile["props"]["data-tile"] for tile in row] == list(tiles.TILES)
    assert [panel["props"]["id"] for panel in explanations(overview, links)] == [
        f"explain-{name}" for name in tiles.TILES
    ]


def test_a_fall_is_good_where_less_is_better(overview, links):
    text = {tile["props"]["data-tile"]: json.dumps(tile) for tile in tiles.row(overview, links)}
    assert "tile-change ok" in text["first_response"]
    assert "tile-change bad" in text["full_resolution"]
    assert '"tile-change"' in text["created"]  # more tickets are neither good nor bad


def test_an_explanation_says_definition_n_exclusions_version_and_age(overview, links):
    panel = "|".join(texts(explanations(overview, links)[3]))
    expected = [
        "First response, explained",
        "Median of the time from |created| to the |first public reply by a person|.",
        "median(created to first reply)",
        "n|1,295| of 1,372 tickets",
        "Rules|Automatic replies do not count.",
        "Calendar|every hour of every day",
        "77: |41 solved without a reply|, |36 spam or merged",
        "first_response, version 3",
        "23 Nov 2026, 10:00:00 UTC, data 4 s old",
        "41 now|, the oldest 3 h 12 min",
    ]
    for part in expected:
        assert part in panel, part


def test_what_can_still_change_is_marked(overview, links):
    text = json.dumps(tiles.row(overview, links)[5])
    assert "228 not final" in text
    assert "228 of these can still change the value" in text


def test_every_explanation_leads_to_the_tickets_it_counts(overview, links):
    leading = {
        panel["props"]["id"]: words
        for panel in explanations(overview, links)
        if (words := [text for text in texts(panel) if text.startswith("Open the")])
    }
    assert leading == {
        f"explain-{name}": [f"Open the {overview.figures[name].n:,} tickets"] for name in tiles.TILES
    }


def test_nothing_to_count_is_said_not_zero(overview, links):
    empty = {name: replace(one, value=None, n=0, p90=None) for name, one in overview.figures.items()}
    nothing = replace(overview, figures=empty)
    text = json.dumps(tiles.row(nothing, links), ensure_ascii=False)
    assert text.count("nothing to count") == 6
    assert "Open the" not in text


def test_tickets_are_opened_within_the_filters_of_the_page(overview):
    asked = []
    filters = Filters(overview.filters.start, overview.filters.end, ("t1",), ("high",), ("c1",))
    links = Links(lambda counted: asked.append(counted) or "", filters)
    links.of_group(Measure.UNSOLVED, "assignee", None)
    links.of_group(Measure.CREATED, "team", "t2")
    links.unsolved(filters.start)
    assert asked == [
        Counted(Measure.UNSOLVED, replace(filters, assignees=(NONE,))),
        Counted(Measure.CREATED, replace(filters, teams=("t2",))),
        Counted(Measure.UNSOLVED, replace(filters, end=filters.start)),
    ]


def test_a_backlog_of_the_past_says_so_and_opens_the_tickets_of_then(overview, links):
    today = overview.as_of.date()
    now = replace(overview, filters=replace(overview.filters, end=today))
    past = replace(now, filters=replace(now.filters, end=today - timedelta(days=40)))
    assert "unsolved now" in texts(tiles.row(now, links)[2])
    assert "unsolved then" in texts(tiles.row(past, links)[2])
    assert texts(tiles.row(past, links)[2])[0].startswith("Backlog on")
    assert [text for text in texts(tiles.row(past, links)[2]) if text.startswith("Open the")]


def test_nothing_of_a_past_period_is_said_to_be_now(overview, links):
    past = replace(
        overview, filters=replace(overview.filters, end=overview.as_of.date() - timedelta(days=40))
    )
    for panel in explanations(past, links):
        said = " ".join(texts(panel))
        assert not re.search(r"\bnow\b", said), said
        assert "14 Oct 2026" in said
        assert "the end of the period, data 4 s old" in said
    assert "41 at the end of the period" in " ".join(texts(explanations(past, links)[3]))


def test_what_a_figure_leaves_out_can_be_opened(overview, links):
    panel = json.dumps(explanations(overview, links)[3])
    assert "/t?unanswered" in panel
    assert "/t?unreplied" in panel
