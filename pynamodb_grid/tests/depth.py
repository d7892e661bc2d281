"""How much the tests try: what every change needs, or with TEST_DEPTH=deep everything there is.

`make test` runs the first, `make test-deep` the second. Hypothesis takes its number of examples from here, so
that no test has to name one. The usual run tries the same examples each time, the deep one looks for others.
"""

import os

import pytest
from hypothesis import settings

CHOSEN = os.environ.get("TEST_DEPTH") or "usual"
if CHOSEN not in ("usual", "deep"):
    raise ValueError(f"TEST_DEPTH is {CHOSEN!r}: choose 'usual' or 'deep'")
DEEP = CHOSEN == "deep"

# A busy machine is no failure: there are no deadlines.
settings.register_profile("usual", max_examples=20, deadline=None, derandomize=True, database=None)
settings.register_profile("deep", max_examples=200, deadline=None)


def choose_profile() -> None:
    """Loads the profile of the chosen depth; each conftest.py does, before tests are read."""
    settings.load_profile(CHOSEN)


# For tests that take long and seldom fail alone; docs/development/testing.md lists them.
deep = pytest.mark.skipif(not DEEP, reason="runs in make test-deep")
