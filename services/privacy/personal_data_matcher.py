"""The names and addresses that an erasure looks for, and how it redacts them."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Self

ERASED_NAME = "Erased person"
ERASED = "[erased]"


@dataclass(frozen=True)
class ChosenPlace:
    """A place in a text of a ticket that somebody chose to redact; `digest` is that of the text as they saw it.

    `field` is "body", or the name of the field whose new value the text is.
    """

    ticket_id: int
    version: int
    field: str
    start: int
    length: int
    digest: str


def digest(text: str) -> str:
    """Return what tells a text from any other."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class PersonalDataMatcher:
    """The addresses and full names that one person has had; `unique` are names that nobody else has.

    Addresses and unique names are redacted everywhere; other full names only in tickets and events that the person
    was involved in, because elsewhere they may mean somebody else. Anything less certain is redacted only in the
    `places` that were chosen.
    """

    user_id: str
    addresses: tuple[str, ...]
    names: tuple[str, ...]
    unique: tuple[str, ...]
    places: tuple[ChosenPlace, ...] = ()

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> Self:
        """Build a matcher from its stored form."""
        addresses, names, unique = (tuple(value[name]) for name in ("addresses", "names", "unique"))
        # An erasure that release 0.2.0 began has chosen no places.
        places = tuple(ChosenPlace(**place) for place in value.get("places", ()))
        return cls(value["user_id"], addresses, names, unique, places)

    def value(self) -> dict[str, Any]:
        """Return the form to store."""
        return asdict(self)

    def redact_unique(self, text: str) -> str:
        """Redact addresses and unique names, which mean this person in any text."""
        return _redacted(text, self.addresses, self.unique)

    def redact_names(self, text: str) -> str:
        """Redact addresses and all full names, in a text from something that this person was involved in."""
        return _redacted(text, self.addresses, self.names)

    def redact_chosen(self, ticket_id: int, version: int, field: str, text: str) -> str:
        """Redact the chosen places of a text, if it is still the one that was seen."""
        chosen = [
            place
            for place in self.places
            if (place.ticket_id, place.version, place.field) == (ticket_id, version, field)
        ]
        if not chosen:
            return text
        seen = digest(text)
        for place in sorted(chosen, key=lambda place: place.start, reverse=True):
            if place.digest == seen:
                text = text[: place.start] + ERASED + text[place.start + place.length :]
        return text

    def mentions(self, value: Any) -> bool:
        """Tell whether a text, or any text in a JSON value, certainly names this person."""
        return bool(map_texts(value, self.redact_unique) != value)

    def mentions_address(self, text: str) -> bool:
        """Tell whether a text contains one of the addresses."""
        return _redacted(text, self.addresses, ()) != text


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Apply a change to every text in a JSON value; the keys of objects stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [map_texts(one, change) for one in value]
    if isinstance(value, dict):
        return {key: map_texts(one, change) for key, one in value.items()}
    return value


def is_full_name(name: str) -> bool:
    """Tell whether a name means a person in any text; one word may be an ordinary one, such as Will or Rose."""
    return " " in name.strip() or (len(name) > 1 and not _is_cased(name[0]))


def _redacted(text: str, addresses: tuple[str, ...], names: tuple[str, ...]) -> str:
    pattern = _pattern(addresses, names)
    return text if pattern is None else pattern.sub(ERASED, text)


@lru_cache(maxsize=64)
def _pattern(addresses: tuple[str, ...], names: tuple[str, ...]) -> re.Pattern[str] | None:
    patterns = [*map(_address, addresses), *map(_name, _longest_first(names))]
    return re.compile("|".join(patterns)) if patterns else None


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted(filter(is_full_name, names), key=len, reverse=True)


def _address(address: str) -> str:
    """Match an address in any case, but not as the end or beginning of another one."""
    return rf"(?<![^\W_])(?<![.+-])(?i:{re.escape(address)})(?![^\W_]|-|\.\w)"


def _name(name: str) -> str:
    """Match whole words, also across line breaks, in the case of a name or in capitals.

    In lower case they may be ordinary words: "the prices will rose" does not mean Will Rose.
    """
    words = name.split()
    if name.islower() or name.isupper():
        words = [word[:1].upper() + word[1:].lower() for word in words]
    before = r"(?<!\w)" if _is_cased(name[0]) else ""
    after = r"(?!\w)" if _is_cased(name[-1]) else ""
    together = r"\s+".join(f"(?:{re.escape(word)}|{re.escape(word.upper())})" for word in words)
    return f"{before}{together}{after}"


def _is_cased(character: str) -> bool:
    """Tell whether a character belongs to a script with upper and lower case, which separates words by blanks."""
    return character.lower() != character.upper()
