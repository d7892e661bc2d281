"""Which words may mean a person: found to be shown, never replaced by themselves."""

import pytest

from services.privacy.name_candidates import NameCandidates

NAMES = {
    "William Rose": [
        ("Rose, William called", ["Rose, William"]),
        ("ROSE WILLIAM", ["ROSE WILLIAM"]),
        ("Bill Rose and Rose, Bill", ["Bill Rose", "Rose, Bill"]),
        ("as will rose said", ["will rose"]),
        ("Will you come? The bill rose, may I", ["Will", "bill rose"]),
        ("Hi bill, thanks, will", ["bill", "will"]),
        ("Billing, Willow, Rosemary, roses", []),
        ("Roses and William's Rose", ["William", "Rose"]),
    ],
    "Bill Gray": [("William or Billy?", ["William", "Billy"])],
    "May": [("In May we may; May wrote", ["May", "May"])],
    "Ana de Lima": [
        ("de Lima, Ana", ["de Lima, Ana"]), ("Ana Lima de facto", ["Ana Lima"]), ("Lima Ana", ["Lima Ana"]),
    ],
    "Zoë Ångström": [("Zoe Angstrom, Angstrom Zoe, Zoe", ["Zoe Angstrom", "Angstrom Zoe", "Zoe"])],
    "Ana\u00a0Lima": [("Lima\nAna", ["Lima\nAna"])],
    "O": [("O no", [])],
    "王伟": [("王伟 says", ["王伟"])],
}  # fmt: skip
CASES = [(name, text, words) for name, cases in NAMES.items() for text, words in cases]


@pytest.mark.parametrize(("name", "text", "words"), CASES, ids=[case[1][:20] for case in CASES])
def test_what_may_mean_the_person(name: str, text: str, words: list[str]) -> None:
    spans = NameCandidates([name]).spans(text)
    assert [text[start:end] for start, end in spans] == words


def test_a_candidate_says_where_it_stands() -> None:
    text = "x" * 100 + " Dear Bill,\nthe printer works. " + "y" * 100
    (candidate,) = NameCandidates(["William Rose"]).find(7, 2, "body", text, certain=text)
    assert (candidate.words, candidate.likely) == ("Bill", False)
    assert candidate.before == "x" * 54 + " Dear "
    assert candidate.after == ", the printer works. " + "y" * 39
    assert text[candidate.place.start :][: candidate.place.length] == "Bill"
    (later,) = NameCandidates(["William Rose"]).find(7, 2, "body", text + "!", certain=text)
    assert later.key != candidate.key


def test_what_is_redacted_anyway_is_no_candidate() -> None:
    text, certain = "William Rose, bill.rose@x.example", "[erased], [erased]"
    assert list(NameCandidates(["William Rose"]).find(7, 2, "body", text, certain=certain)) == []


def test_nobody_has_no_candidates() -> None:
    assert NameCandidates([]).spans("Hi Bill") == []
