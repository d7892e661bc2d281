"""Figures are plain data, honest at the axis, and every mark knows its tickets."""

import json
import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_dash import axes, buckets, figures, graph
from analytics_dash.buckets import Bucket
from analytics_dash.charts import CHARTS
from analytics_dash.palette import FALLBACK, token
from services.reporting import Series

START = date(2026, 10, 25)
TOKEN = re.compile(r"^(var\(--[\w-]+, #[0-9A-Fa-f]{6}\))(?: / ([\d.]+))?$")  # as in overview.js


def series(*values):
    return Series("x", tuple(START + timedelta(days=n) for n in range(len(values))), values)


def days(*values):
    return buckets.totals(series(*values))


def links(buckets_):
    return [f"/t?{bucket.start}" for bucket in buckets_]


def every_figure():
    some = days(5, 0, 7)
    return {
        "daily": figures.created_solved(some, some, (links(some), [None] * 3)),
        "backlog": figures.backlog(some, links(some), now=True),
        "bars": figures.bars(["A", "B"], [(3, "/t?a"), (0, None)]),
    }


def strings(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("name", ["daily", "backlog", "bars"])
def test_figures_are_plain_json_with_known_tokens(name):
    figure = every_figure()[name]
    assert json.loads(json.dumps(figure)) == figure
    colours = [text for text in strings(figure) if text.startswith("var(")]
    assert colours
    assert all(TOKEN.match(text) for text in colours)


def test_every_token_is_a_variable_of_the_stylesheet(stylesheet_text):
    for name in FALLBACK:
        assert f"--{name}:" in stylesheet_text, name
    assert TOKEN.match(token("line", 0.5))[2] == "0.5"


@pytest.mark.parametrize("name", ["daily", "bars"])
def test_bars_and_areas_start_at_zero(name):
    layout = every_figure()[name]["layout"]
    axis = layout["xaxis"] if name == "bars" else layout["yaxis"]
    assert axis["range"][0] == 0


def test_every_mark_has_the_address_of_its_tickets():
    for figure in every_figure().values():
        for trace in figure["data"]:
            if trace.get("hoverinfo") == "skip":
                continue
            assert len(trace["customdata"]) == len(trace["x"]) == len(trace["y"])


def test_the_second_line_is_dashed_and_both_are_named_at_their_end():
    some = days(5, 9, 7)
    figure = figures.created_solved(some, days(5, 9, 1), (links(some), links(some)))
    assert "dash" not in figure["data"][0]["line"]
    assert figure["data"][1]["line"]["dash"]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["Created", "Solved"]


def test_names_of_close_ends_are_moved_apart():
    some = days(50, 60, 40)
    notes = figures.created_solved(some, some, (links(some), links(some)))["layout"]["annotations"]
    assert abs(notes[0]["yshift"] - notes[1]["yshift"]) >= 14


def test_names_at_the_bottom_do_not_cover_the_days():
    some = days(50, 60, 0)
    notes = figures.created_solved(some, some, (links(some), links(some)))["layout"]["annotations"]
    assert [note["yshift"] for note in notes] == [16, 0]


def test_a_single_day_is_drawn_as_points():
    some = days(7)
    figure = figures.created_solved(some, some, (links(some), links(some)))
    assert [trace["mode"] for trace in figure["data"]] == ["markers", "markers"]
    first, last = figures.backlog(some, links(some), now=True)["layout"]["xaxis"]["range"]
    assert first < START.isoformat() < last


def test_few_bars_are_no_thicker_than_many():
    one = figures.bars(["A"], [(3, None)])["layout"]
    four = figures.bars(list("ABCD"), [(3, None)] * 4)["layout"]
    assert one["yaxis"]["range"] == four["yaxis"]["range"] == [3.5, -0.5]


def test_a_mark_says_what_it_counts():
    assert "created" in figures.bars(["A"], [(3, None)])["data"][0]["hovertemplate"]
    assert "unsolved" in figures.bars(["A"], [(3, None)], counted="unsolved")["data"][0]["hovertemplate"]


def test_an_empty_period_draws_nothing_and_breaks_nothing():
    assert figures.created_solved([], [], ([], []))["data"][0]["x"] == []
    assert len(figures.backlog([], [], now=True)["data"]) == 1
    assert figures.bars([], [])["layout"]["xaxis"]["range"][1] > 0


@pytest.mark.parametrize(("now", "label"), [(True, "As of now: 1,761"), (False, "As of 27 Oct: 1,761")])
def test_the_backlog_is_a_line_on_its_own_scale_with_its_last_value(now, label):
    levels = days(1850, 1904, 1761)
    figure = figures.backlog(levels, links(levels), now=now)
    assert "fill" not in figure["data"][0]
    low, high = figure["layout"]["yaxis"]["range"]
    assert 1600 <= low <= 1761
    assert 1904 <= high < 2010
    assert [note["text"] for note in figure["layout"]["annotations"]] == [label]
    assert figure["data"][1]["y"] == [1761]


@given(st.integers(1, 400))
def test_an_axis_of_days_names_both_ends_and_little_between(count):
    marked = axes.labelled(count)
    assert (marked[0], marked[-1]) == (0, count - 1)
    assert marked == sorted(set(marked))
    assert len(marked) <= 8


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=40))
def test_an_axis_of_levels_holds_them_and_is_never_below_zero(values):
    axis = axes.levels(values)
    low, high = axis["range"]
    assert 0 <= low <= min(values) <= max(values) <= high
    assert (low - axis["tick0"]) % axis["dtick"] == 0


@given(st.floats(0, 1e9))
def test_an_axis_has_round_steps_and_room_for_its_values(most):
    step = axes.nice_step(most / 4)
    assert step >= max(most / 4, 1)
    assert str(step).rstrip("0") in {"1", "2", "5"}


@given(st.lists(st.integers(0, 500), max_size=2000))
def test_grouping_days_loses_no_ticket(values):
    given_series = series(*values)
    grouped = buckets.totals(given_series)
    assert sum(bucket.value for bucket in grouped) == sum(values)
    assert len(grouped) <= buckets.MOST_DAYS
    assert all(a.end + timedelta(days=1) == b.start for a, b in pairwise(grouped))
    levels = buckets.closings(given_series)
    assert [bucket.value for bucket in levels[-1:]] == list(values[-1:])


def test_long_periods_become_weeks_from_monday_and_months():
    weeks = buckets.totals(series(*range(200)))
    assert all(bucket.start.weekday() == 0 for bucket in weeks[1:])
    months = buckets.totals(series(*range(1200)))
    assert all(bucket.start.day == 1 for bucket in months[1:])
    assert isinstance(months[0], Bucket)


@pytest.mark.parametrize("name", CHARTS)
def test_no_chart_offers_to_upload_itself(name):
    config = graph.graph(name).config
    assert config["showSendToCloud"] is False
    assert config["displaylogo"] is False
