"""Places that may name a person without being certain: other orders of the name, nicknames, one name alone.

Such a word can be an ordinary one or mean somebody else ("Will", "May", "Bill"). So an erasure replaces only the
places that an administrator has seen and chosen.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from nicknames import NickNamer

from services.privacy.personal_data_matcher import ChosenPlace, digest

CONTEXT = 60  # characters shown before and after a place
SHORTEST = 2  # letters of a word that is looked for
GREETINGS = ("hi", "hello", "hey", "dear", "thanks", "thank you", "cheers", "regards", "best")


@dataclass(frozen=True)
class Candidate:
    """A place in a text of a ticket: the words that may mean the person, and what stands before and after them.

    `likely` is true for several words in a row in the case of a name, such as the name in its other order.
    """

    place: ChosenPlace
    words: str
    before: str
    after: str
    likely: bool

    @property
    def key(self) -> str:
        """Identify the place in a form; it changes when the text does."""
        place = self.place
        return f"{place.ticket_id}.{place.version}.{place.field}.{place.start}.{place.digest[:16]}"


class NameCandidates:
    """Finds the candidates for a person's names in texts."""

    def __init__(self, names: Iterable[str]) -> None:
        forms = {form for name in names for form in _forms(name)}
        forms |= {plain for form in forms if (plain := _unaccented(form)) != form}
        several = sorted((form for form in forms if " " in form), key=len, reverse=True)
        alone = sorted((form for form in forms if " " not in form), key=len, reverse=True)
        # A word alone counts in the case of a name; in any case only after a greeting.
        patterns = [rf"(?i:{_spaced(form)})" for form in several]
        patterns += [f"{re.escape(form)}|{re.escape(form.upper())}" for form in map(_capitalized, alone)]
        greeted = "|".join(map(re.escape, alone))
        greeting = "|".join(map(re.escape, GREETINGS))
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)") if patterns else None
        self._greeted = re.compile(rf"(?<!\w)(?i:(?:{greeting})[,\s]+({greeted}))(?!\w)") if greeted else None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where candidates stand in a text, from its beginning to its end."""
        matched = {match.span() for match in self._pattern.finditer(text)} if self._pattern else set()
        if self._greeted is not None:
            matched |= {match.span(1) for match in self._greeted.finditer(text)}
        spans: list[tuple[int, int]] = []
        for start, end in sorted(matched, key=lambda span: (span[0], -span[1])):
            if not spans or start >= spans[-1][1]:
                spans.append((start, end))
        return spans

    def find(self, ticket_id: int, version: int, field: str, text: str, certain: str) -> Iterator[Candidate]:
        """Find candidates in a text; `certain` is the text without what is redacted in any case."""
        left = certain.count
        for start, end in self.spans(text):
            words = text[start:end]
            if not left(words):
                continue  # part of an address or a full name
            yield Candidate(
                place=ChosenPlace(ticket_id, version, field, start, end - start, digest(text)),
                words=words,
                before=_line(text[max(0, start - CONTEXT) : start]),
                after=_line(text[end : end + CONTEXT]),
                likely=" " in words and not words.islower(),
            )


def _forms(name: str) -> Iterator[str]:
    """Yield the ways in which a name may be written, its words alone included."""
    words = name.split()
    first, rest = words[0], words[1:]
    callings = {first, *map(_capitalized, _nicknames(first))}
    yield from (
        word for word in (*callings, *rest) if len(word) >= SHORTEST and not _is_particle(word, words)
    )
    if not rest:
        return
    yield name
    for calling, last in product(callings, {" ".join(rest), rest[-1]}):
        yield from (f"{calling} {last}", f"{last} {calling}", f"{last}, {calling}")


def _is_particle(word: str, words: list[str]) -> bool:
    """Tell whether a word is one like "de" in a name with capitals."""
    return word.islower() and any(other[0].isupper() for other in words)


def _nicknames(first: str) -> set[str]:
    known = _namer()
    return known.nicknames_of(first) | known.canonicals_of(first)


@cache
def _namer() -> NickNamer:
    return NickNamer()


def _capitalized(word: str) -> str:
    return word[:1].upper() + word[1:]


def _spaced(form: str) -> str:
    return r"\s+".join(map(re.escape, form.split()))


def _unaccented(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(one for one in parts if not unicodedata.combining(one)))


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
