"""Text as people and attackers type it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.text import composed, lines, one_line

WILD = st.text(
    st.characters(codec=None, exclude_categories=()) | st.sampled_from("\x00\r\n\t\u202e\u200d\ud800\u0301 ")
)


@given(WILD)
def test_cleaned_text_stays_as_it_is(text):
    for clean in (lines, one_line):
        done = clean(text)
        assert clean(done) == done
        assert done.encode().decode() == done
        assert done == done.rstrip()
        assert not done or done.split("\n")[0].strip()


@given(WILD)
def test_one_line_is_one_line(text):
    assert len(one_line(text).splitlines()) <= 1
    assert "  " not in one_line(text)


@given(WILD)
def test_nothing_unreadable_is_left(text):
    for character in lines(text):
        assert character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")


@pytest.mark.parametrize(
    "text",
    [
        "👨‍👩‍👧‍👦 family",  # joined by zero-width joiners
        "می‌خواهم",  # Persian needs its non-joiner
        "שלום \u200fabc\u200e",
        "नमस्ते क्‍ष",
        "naïve Ångström",
        "日本語 の件名",
        "x\u00a0y",
    ],
)
def test_every_script_passes(text):
    assert lines(text) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\x00b\x1bc", "a b c"),
        ("a\u202egnp.exe", "a gnp.exe"),
        ("a\ud800b", "a b"),
        ("e\u0301", "é"),
        ("\u200d \u200b\n", ""),
        ("\ufeff", ""),
        (" \t\n\u2028", ""),
        ("\u3164", ""),  # the Hangul filler, a letter to Unicode
        ("\u115f\u1160 \uffa0", ""),
        ("\u2800\u2800", ""),  # empty braille cells
        ("\u034f\ufe0f\U000e0100", ""),  # a joiner and variation selectors without a character
        ("\u3164a", "\u3164a"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("  if x:\n    y", "  if x:\n    y"),  # the first line keeps its indentation
        ("\n \n\t- one\n\t- two\n\n", "\t- one\n\t- two"),
    ],
)
def test_what_becomes_of(text, clean):
    assert lines(text) == clean


def test_text_that_nothing_is_drawn_for_is_empty_on_one_line_too():
    for blank in ("\u3164", "\u2800", "\u115f \u1160", "\U000e0100"):
        assert one_line(blank) == ""


def test_absurd_piles_of_accents_are_left_alone():
    """Sorting them takes quadratic time: seconds for one message."""
    pile = "a" + "\u0301\u0316" * 20
    assert composed(pile) == pile
    assert composed("a" + "\u0316\u0301" * 10) == unicodedata.normalize("NFC", "a" + "\u0316\u0301" * 10)
