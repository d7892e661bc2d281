"""Cells of the incident log, good and bad."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.importing.uci_cells import CELLS, BadCell, Named, read


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("opened_at", "5/3/2016 12:00", datetime(2016, 3, 5, 12, 0, tzinfo=UTC)),
        ("opened_at", "29/2/2016 01:16", datetime(2016, 2, 29, 1, 16, tzinfo=UTC)),
        ("resolved_at", "?", None),
        ("opened_by", "Opened by  17", Named("opener-17", "Opened by 17")),
        ("problem_id", "Problem ID  14", "Problem ID 14"),
        ("caller_id", "?", None),
        ("incident_state", "-100", "-100"),
        ("priority", "1 - Critical", "urgent"),
        ("contact_type", "Self service", "self_service"),
        ("knowledge", "false", False),
        ("reopen_count", "12", 12),
    ],
)
def test_good_cells(column: str, cell: str, value: object):
    assert read(column, cell) == value


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("opened_at", "29/2/2015 01:16"),
        ("opened_at", "2/29/2016 01:16"),
        ("opened_at", "29-02-2016 01:16"),
        ("opened_at", "5/3/16 12:00"),
        ("opened_at", "5/3/0016 12:00"),
        ("opened_at", "5/3/2016 24:00"),
        ("opened_at", "?"),
        ("opened_at", "\u0665/3/2016 12:00"),
        ("number", "?"),
        ("number", "=cmd()"),
        ("incident_state", "Waiting"),
        ("incident_state", "?"),
        ("priority", "?"),
        ("knowledge", "TRUE"),
        ("reopen_count", "-1"),
        ("reopen_count", "\u0661"),
        ("caller_id", "Resolver 1"),
        ("caller_id", "Caller" + " " * 50_000 + "1"),
        ("location", "x" * 61),
        ("location", "a\x00b"),
        ("location", "a\nb"),
    ],
)
def test_bad_cells_name_their_column(column: str, cell: str):
    with pytest.raises(BadCell, match=f"^{column} is ") as caught:
        read(column, cell)
    assert len(str(caught.value)) < 200


@given(st.sampled_from(sorted(CELLS)), st.text(max_size=80))
def test_no_cell_fails_otherwise(column: str, cell: str):
    with contextlib.suppress(BadCell):
        read(column, cell)
