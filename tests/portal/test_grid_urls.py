"""Addresses of the ticket grid read back as the filters they were made of."""

from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from portal.ui.grid_links import GRID, tickets

NAMES = st.sampled_from(["team", "priority", "category", "assignee", "created.from"])
# Halves of a surrogate pair are no text that an address could carry.
VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.dictionaries(NAMES, st.lists(VALUES, min_size=1) | VALUES))
def test_filters_survive_an_address(filters):
    parts = urlsplit(tickets(**filters))
    assert parts.path == GRID
    expected = {name: [one] if isinstance(one, str) else one for name, one in filters.items()}
    assert parse_qs(parts.query, strict_parsing=bool(filters)) == expected


def test_without_a_value_nothing_is_asked():
    assert tickets() == tickets(team=[]) == GRID
