"""The address of a dashboard: any text gives a page, and every page has an address that leads back."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_dash import query
from analytics_dash.query import CUSTOM, PERIODS, PRIORITY_NAMES, Choice, encode, parse

TODAY = date(2026, 11, 23)
TEAMS = ["t1", "t2", "a b&c=d", "ü/?#%"]
CATEGORIES = ["c1", "c2", "+", ""]


def read(search):
    return parse(search, today=TODAY, teams=TEAMS, categories=CATEGORIES)


@st.composite
def choices(draw):
    period = draw(st.sampled_from([*PERIODS, CUSTOM]))
    if period == CUSTOM:
        end = draw(st.dates(date(1995, 1, 1), TODAY))
        start = end - timedelta(days=draw(st.integers(0, 1800)))
    else:
        start, end = TODAY - timedelta(days=PERIODS[period] - 1), TODAY
    chosen = [
        tuple(draw(st.lists(st.sampled_from(known), unique=True)))
        for known in (TEAMS, tuple(PRIORITY_NAMES), [one for one in CATEGORIES if one])
    ]
    return Choice(period, start, end, *chosen)


@given(choices())
def test_an_address_leads_back_to_its_choice(choice):
    assert read(encode(choice)) == choice


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none(), st.lists(st.text())))
def test_anything_gives_a_period_that_has_begun(search):
    choice = read(search)
    assert query.EARLIEST <= choice.start <= choice.end <= TODAY
    assert choice.days <= query.LONGEST_DAYS


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["period", "from", "to", "team", "priority", "category", "x"]),
            st.text(max_size=12),
        )
    )
)
def test_wrong_values_are_left_out_and_said(pairs):
    choice = read("?" + query.urlencode(pairs, errors="replace"))
    assert set(choice.teams) <= set(TEAMS)
    assert set(choice.priorities) <= set(PRIORITY_NAMES)
    assert all(len(problem) < 120 for problem in choice.problems)


@pytest.mark.parametrize(
    ("search", "problem"),
    [
        ("?period=31d", query.UNKNOWN_PERIOD),
        ("?from=2026-11-31&to=2026-11-30", query.UNREADABLE_DATES),
        ("?to=2026-11-20", query.UNREADABLE_DATES),
        ("?from=2026-11-20&to=2026-11-19", query.ENDS_FIRST),
        ("?from=2027-01-01", query.NOT_YET),
        ("?from=1989-12-31&to=1990-02-01", query.TOO_EARLY),
        ("?from=2000-01-01&to=2026-01-01", query.TOO_LONG),
        ("?team=nobody", query.UNKNOWN_CHOICE.format(field="team")),
        ("?" + "a" * 9000, query.UNREADABLE),
        ("?" + "a=1&" * 500, query.UNREADABLE),
    ],
)
def test_each_problem_has_its_sentence_and_the_default_period(search, problem):
    choice = read(search)
    assert choice.problems == (problem,)
    assert (choice.period, choice.days) == ("30d", 30)


def test_a_range_ends_today_at_the_latest():
    choice = read("?from=2026-11-01&to=2030-01-01")
    assert (choice.start, choice.end, choice.problems) == (date(2026, 11, 1), TODAY, ())


def test_the_plain_page_is_not_narrowed_and_has_the_plain_address():
    assert not read("").narrowed
    assert encode(read("")) == ""
