"""Finding a person in a text: all that means them, nothing that means somebody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.privacy import ERASED
from services.privacy.personal_data_matcher import PersonalDataMatcher, deep, telling

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
    for clean in (ANA.far(text), ANA.near(text)):
        assert ERASED in clean
        assert not ANA.mentioned(clean)


@pytest.mark.parametrize("text", OF_OTHERS, ids=range(len(OF_OTHERS)))
def test_what_means_somebody_else_stays(text):
    assert ANA.far(text) == ANA.near(text) == text


def test_a_name_of_one_word_goes_only_where_the_person_had_part():
    assert ANA.near("Mark says hello") == f"{ERASED} says hello"
    assert ANA.far("Mark says hello") == "Mark says hello"
    assert [telling(name) for name in ("Mark", "Ana Lima", "A", "王伟")] == [False, True, False, True]


@given(
    before=st.text(st.characters(categories=["Lu", "Ll", "Zs", "Po"])),
    after=st.text(st.characters(categories=["Ll", "Zs", "Po"])),
    trace=st.sampled_from(["Ana Lima", "ana@x.example"]),
)
def test_between_blanks_it_is_always_found_and_nothing_else_is_lost(before, after, trace):
    text = {"said": [f"{before} {trace} {after}", 7, None, True]}
    clean = deep(text, ANA.far)
    assert not ANA.mentioned(clean)
    assert clean["said"][1:] == [7, None, True]
    assert clean["said"][0].replace(ERASED, trace).casefold() == text["said"][0].casefold()
