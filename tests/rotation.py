"""Which variants of a page a run looks at: one of several turns, which together look at all.

A page has sizes, themes and zooms. A usual run sees every page in every size and every theme, but not each
size in each theme; the turn says which are paired. It goes by the day. TEST_TURN=1 repeats a turn;
TEST_DEPTH=deep takes them all.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from pynamodb_grid.tests.depth import DEEP

T = TypeVar("T")

TURNS = 2
# Processes of one run read the same turn, even when they start on two days.
TURN = int(os.environ.setdefault("TEST_TURN", str(datetime.now(UTC).toordinal() % TURNS))) % TURNS


def header() -> str:
    """Say which turn this is, and how to repeat it."""
    return "all variants of pages" if DEEP else f"variants of pages: TEST_TURN={TURN} of 0 to {TURNS - 1}"


def in_rotation(choices: Sequence[T], place: int = 0) -> Sequence[T]:
    """Return the one of several choices whose turn it is at a place; all of them in a deep run."""
    return choices if DEEP else [choices[(TURN + place) % len(choices)]]
