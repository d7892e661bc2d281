"""Finding a person in a text: all that means them, nothing that means somebody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.privacy import ERASED
from services.privacy.personal_data_matcher import PersonalDataMatcher, is_full_name, map_texts

ANA = PersonalDataMatcher("u1", ("ana@x.example",), ("Ana Lima", "Mark", "王伟"), ("Ana Lima", "王伟"))
THEIRS = [
    "Dear Ana Lima,",
    "ANA LIMA",
    "Ana\n Lima's ticket",
    "(ana lima)",
    "<Ana@X.example>",
    "mailto:ana@x.example.",
    "_ana@x.example_",
    "你好王伟先生",
]
OF_OTHERS = [
    "diana@x.example",
    "ana@x.example.org",
    "ana@x.example-two",
    "ana+desk@x.examples",
    "Ana Limascu",
    "Diana Lima",
    "Ana and Lima",
    "mark it as solved",
]


@pytest.mark.parametrize("text", THEIRS, ids=range(len(THEIRS)))
def test_what_means_the_person_goes(text):
    for clean in (ANA.redact_unique(text), ANA.redact_names(text)):
        assert ERASED in clean
        assert not ANA.mentions(clean)


@pytest.mark.parametrize("text", OF_OTHERS, ids=range(len(OF_OTHERS)))
def test_what_means_somebody_else_stays(text):
    assert ANA.redact_unique(text) == ANA.redact_names(text) == text


def test_a_name_of_one_word_goes_only_where_the_person_had_part():
    assert ANA.redact_names("Mark says hello") == f"{ERASED} says hello"
    assert ANA.redact_unique("Mark says hello") == "Mark says hello"
    assert [is_full_name(name) for name in ("Mark", "Ana Lima", "A", "王伟")] == [False, True, False, True]


@given(
    before=st.text(st.characters(categories=["Lu", "Ll", "Zs", "Po"])),
    after=st.text(st.characters(categories=["Ll", "Zs", "Po"])),
    trace=st.sampled_from(["Ana Lima", "ana@x.example"]),
)
def test_between_blanks_it_is_always_found_and_nothing_else_is_lost(before, after, trace):
    text = {"said": [f"{before} {trace} {after}", 7, None, True]}
    clean = map_texts(text, ANA.redact_unique)
    assert not ANA.mentions(clean)
    assert clean["said"][1:] == [7, None, True]
    assert clean["said"][0].replace(ERASED, trace).casefold() == text["said"][0].casefold()
