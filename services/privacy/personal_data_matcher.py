"""What an erasure looks for, a person's names and addresses, and how it takes them out of a text."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Self

ERASED_NAME = "Erased person"
ERASED = "[erased]"
SHORTEST_WORD = 3  # letters of a name of one word that is looked for; shorter ones are words of the language


@dataclass(frozen=True)
class PersonalDataMatcher:
    """Addresses and names one person has had; `unique` are the names that name nobody else.

    An address is looked for everywhere. So is a unique name; any other only in what the person had part in,
    because elsewhere it may mean somebody else.
    """

    user_id: str
    addresses: tuple[str, ...]
    names: tuple[str, ...]
    unique: tuple[str, ...]

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> Self:
        """Read the stored form."""
        return cls(value["user_id"], *(tuple(value[name]) for name in ("addresses", "names", "unique")))

    def value(self) -> dict[str, Any]:
        """Return the form to store."""
        return asdict(self)

    def far(self, text: str) -> str:
        """Take out of a text what means this person wherever it stands."""
        return _replaced(text, self.addresses, self.unique)

    def near(self, text: str) -> str:
        """Take all names and addresses out of a text that this person had part in."""
        return _replaced(text, self.addresses, self.names)

    def mentioned(self, value: Any) -> bool:
        """Tell whether a text, or any text inside a JSON value, names this person for certain."""
        return bool(deep(value, self.far) != value)

    def by_address(self, text: str) -> bool:
        """Tell whether a text holds one of the addresses."""
        return _replaced(text, self.addresses, ()) != text


def deep(value: Any, change: Callable[[str], str]) -> Any:
    """Change every text inside a JSON value; the keys of objects stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [deep(one, change) for one in value]
    if isinstance(value, dict):
        return {key: deep(one, change) for key, one in value.items()}
    return value


def findable(name: str) -> bool:
    """Tell whether a name is more than a word that anybody may write."""
    return " " in name or len(name) >= (SHORTEST_WORD if _is_cased(name[0]) else SHORTEST_WORD - 1)


def telling(name: str) -> bool:
    """Tell whether a name is a full one, which means a person wherever it stands."""
    return findable(name) and (" " in name or not _is_cased(name[0]))


def _replaced(text: str, addresses: tuple[str, ...], names: tuple[str, ...]) -> str:
    pattern = _pattern(addresses, names)
    return text if pattern is None else pattern.sub(ERASED, text)


@lru_cache(maxsize=64)
def _pattern(addresses: tuple[str, ...], names: tuple[str, ...]) -> re.Pattern[str] | None:
    found = [*map(_address, addresses), *map(_name, _longest_first(names))]
    return re.compile("|".join(found)) if found else None


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted(filter(findable, names), key=len, reverse=True)


def _address(address: str) -> str:
    """Match an address in any case, but not the end or the beginning of another one."""
    return rf"(?<![^\W_])(?<![.+-])(?i:{re.escape(address)})(?![^\W_]|-|\.\w)"


def _name(name: str) -> str:
    """Match whole words, broken over lines too; a single word only as it is written."""
    words = name.split()
    flags = "i" if len(words) > 1 else "-i"
    before = r"(?<!\w)" if _is_cased(name[0]) else ""
    after = r"(?!\w)" if _is_cased(name[-1]) else ""
    together = r"\s+".join(map(re.escape, words))
    return rf"{before}(?{flags}:{together}){after}"


def _is_cased(mail_message: str) -> bool:
    """Tell whether a letter is of a script that sets its words apart by blanks."""
    return mail_message.lower() != mail_message.upper()
