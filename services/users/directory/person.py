"""One entry of the directory."""

import sys
from dataclasses import dataclass, field
from typing import Self

import idna

from models.user import User as UserItem
from services.text import search_text, search_words
from services.users.identity.names import PHONE, phone_digits

FEWEST_DIGITS = 4  # by which somebody is found; fewer are a part of a name or address


@dataclass(frozen=True, slots=True)
class Person:
    """What the directory knows of a user; `folded` is what a search compares.

    Its first line is the name; the others are the address and the phone number.
    """

    user_id: str
    name: str
    email: str | None
    role_id: str
    team_ids: tuple[str, ...]
    organization_id: str | None
    active: bool
    folded: str = field(compare=False)

    @classmethod
    def from_model(cls, item: UserItem) -> Self:
        """Build an entry from a stored user or from the projection of an index."""
        # Few different roles, teams and organizations stand in many entries: each text is kept once.
        organization_id = item.organization_id
        return cls(
            user_id=item.user_id,
            name=item.name,
            email=item.email,
            role_id=sys.intern(item.role_id),
            team_ids=tuple(map(sys.intern, item.team_ids or ())),
            organization_id=sys.intern(organization_id) if organization_id else None,
            active=item.active,
            folded="\n".join(
                (
                    search_text(item.name),
                    *_address_texts(item.email),
                    *filter(None, [phone_digits(item.phone or "")]),
                )
            ),
        )


def person_words(text: str) -> list[str]:
    """Return the words by which people are searched: the digits of a phone number, or words in any order."""
    digits = phone_digits(text)
    is_number = len(digits) >= FEWEST_DIGITS and PHONE.fullmatch(text.strip())
    return [digits] if is_number else search_words(text)


def _address_texts(email: str | None) -> list[str]:
    """Return what an address is searched by: itself, and its domain as people write it."""
    if not email or "xn--" not in email:
        return [email or ""]
    try:
        return [email, search_text(idna.decode(email.rpartition("@")[2]))]
    except idna.IDNAError:
        return [email]
