"""The names and addresses that an erasure looks for, and how it redacts them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Self

ERASED_NAME = "Erased person"
ERASED = "[erased]"
SHORTEST_WORD = 3  # letters of a one-word name that is looked for; shorter ones are ordinary words


@dataclass(frozen=True)
class PersonalDataMatcher:
    """The addresses and names that one person has had; `unique` are full names that nobody else has.

    Addresses and unique names are redacted everywhere; other names only in tickets and events that the person
    was involved in, because elsewhere they may mean somebody else.
    """

    user_id: str
    addresses: tuple[str, ...]
    names: tuple[str, ...]
    unique: tuple[str, ...]

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> Self:
        """Build a matcher from its stored form."""
        return cls(value["user_id"], *(tuple(value[name]) for name in ("addresses", "names", "unique")))

    def value(self) -> dict[str, Any]:
        """Return the form to store."""
        return asdict(self)

    def redact_unique(self, text: str) -> str:
        """Redact addresses and unique names, which mean this person in any text."""
        return _redacted(text, self.addresses, self.unique)

    def redact_names(self, text: str) -> str:
        """Redact addresses and all names, in a text from something that this person was involved in."""
        return _redacted(text, self.addresses, self.names)

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


def is_searchable(name: str) -> bool:
    """Tell whether a name is long enough to be more than an ordinary word."""
    return " " in name or len(name) >= (SHORTEST_WORD if _is_cased(name[0]) else SHORTEST_WORD - 1)


def is_full_name(name: str) -> bool:
    """Tell whether a name is a full name, which means a person in any text."""
    return is_searchable(name) and (" " in name or not _is_cased(name[0]))


def _redacted(text: str, addresses: tuple[str, ...], names: tuple[str, ...]) -> str:
    pattern = _pattern(addresses, names)
    return text if pattern is None else pattern.sub(ERASED, text)


@lru_cache(maxsize=64)
def _pattern(addresses: tuple[str, ...], names: tuple[str, ...]) -> re.Pattern[str] | None:
    patterns = [*map(_address, addresses), *map(_name, _longest_first(names))]
    return re.compile("|".join(patterns)) if patterns else None


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted(filter(is_searchable, names), key=len, reverse=True)


def _address(address: str) -> str:
    """Match an address in any case, but not as the end or beginning of another one."""
    return rf"(?<![^\W_])(?<![.+-])(?i:{re.escape(address)})(?![^\W_]|-|\.\w)"


def _name(name: str) -> str:
    """Match whole words, also across line breaks; a single word only in its own case."""
    words = name.split()
    flags = "i" if len(words) > 1 else "-i"
    before = r"(?<!\w)" if _is_cased(name[0]) else ""
    after = r"(?!\w)" if _is_cased(name[-1]) else ""
    together = r"\s+".join(map(re.escape, words))
    return rf"{before}(?{flags}:{together}){after}"


def _is_cased(character: str) -> bool:
    """Tell whether a character belongs to a script with upper and lower case, which separates words by blanks."""
    return character.lower() != character.upper()
