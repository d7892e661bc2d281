"""A sweep over variants sees half of them in a run, and all of them in as many runs as there are turns."""

from collections import Counter

import pytest

from tests import rotation
from tests.browser.checks import DESKTOP, PHONE, SIZES, THEMES, ZOOMED, themes_at
from tests.browser.test_overlays import EVERYWHERE, sizes_of
from tests.rotation import in_rotation


@pytest.fixture
def turns(monkeypatch):
    """Give a function that says what each turn answers."""

    def each(ask):
        answers = []
        monkeypatch.setattr(rotation, "DEEP", False)
        for turn in range(rotation.TURNS):
            monkeypatch.setattr(rotation, "TURN", turn)
            answers.append(ask())
        return answers

    return each


def test_each_turn_shows_both_sizes_and_both_themes(turns):
    pairs = turns(lambda: {(size["width"], theme) for size in SIZES for theme in themes_at(size)})
    assert all(len(seen) == 2 for seen in pairs)
    assert all({theme for _, theme in seen} == set(THEMES) for seen in pairs)
    assert set().union(*pairs) == {(size["width"], theme) for size in SIZES for theme in THEMES}


def test_all_turns_together_zoom_to_everything(turns):
    widths = Counter(size["width"] for seen in turns(lambda: in_rotation(ZOOMED)) for size in seen)
    assert widths == {size["width"]: 1 for size in ZOOMED}
    overlays = turns(lambda: [size["width"] for size in sizes_of(EVERYWHERE)])
    assert all({PHONE["width"], DESKTOP["width"]} < set(seen) for seen in overlays)
    assert set().union(*overlays) == {size["width"] for size in EVERYWHERE}


def test_a_deep_run_takes_all_variants(monkeypatch):
    monkeypatch.setattr(rotation, "DEEP", True)
    assert [themes_at(size) for size in SIZES] == [THEMES, THEMES]
    assert sizes_of(EVERYWHERE) == list(EVERYWHERE)
    assert rotation.header() == "all variants of pages"


def test_no_sweep_has_more_choices_than_there_are_turns():
    assert max(map(len, (THEMES, ZOOMED))) <= rotation.TURNS
