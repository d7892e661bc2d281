"""Finding a person in a text: all that means them, nothing that means somebody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.privacy import ERASED
from services.privacy.personal_data_matcher import (
    ChosenPlace,
    PersonalDataMatcher,
    digest,
    is_full_name,
    map_texts,
)

ANA = PersonalDataMatcher("u1", ("ana@x.example",), ("Ana Lima", "Mark", "王伟"), ("Ana Lima", "王伟"))
THEIRS = [
    "Dear Ana Lima,",
    "ANA LIMA",
    "Ana\n Lima's ticket",
    "(ANA Lima)",
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
    "Mark says hello",
    "prices in ana lima street",
]


@pytest.mark.parametrize("text", THEIRS, ids=range(len(THEIRS)))
def test_what_means_the_person_goes(text):
    for clean in (ANA.redact_unique(text), ANA.redact_names(text)):
        assert ERASED in clean
        assert not ANA.mentions(clean)


@pytest.mark.parametrize("text", OF_OTHERS, ids=range(len(OF_OTHERS)))
def test_what_means_somebody_else_stays(text):
    assert ANA.redact_unique(text) == ANA.redact_names(text) == text


@pytest.mark.parametrize("name", ["Will Rose", "will rose", "WILL ROSE"])
def test_ordinary_words_are_not_a_name(name):
    will = PersonalDataMatcher("u1", (), (name,), (name,))
    assert will.redact_names("The prices will rose and rose") == "The prices will rose and rose"
    assert will.redact_names("Ask Will Rose, or WILL ROSE") == f"Ask {ERASED}, or {ERASED}"


def test_a_name_of_one_word_is_no_full_name():
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


def test_chosen_places_go_and_nothing_else():
    text = "Bill, the bill for Bill"
    places = tuple(ChosenPlace(7, 2, "body", start, 4, digest(text)) for start in (0, 19))
    bill = PersonalDataMatcher("u1", (), ("Bill Lima",), (), places)
    redacted = bill.redact_chosen(7, 2, "body", text)
    assert redacted == f"{ERASED}, the bill for {ERASED}"
    assert bill.redact_chosen(7, 2, "body", redacted) == redacted
    for elsewhere in (
        (7, 3, "body", text),
        (8, 2, "body", text),
        (7, 2, "subject", text),
        (7, 2, "body", text + "!"),
    ):
        assert bill.redact_chosen(*elsewhere) == elsewhere[-1]
    assert PersonalDataMatcher.from_value(bill.value()) == bill
    assert PersonalDataMatcher.from_value(ANA.value() | {"places": []}) == ANA
