"""Names and addresses of people: cleaned, and folded so that look-alike spellings meet."""

import re
import unicodedata

from services.errors import Invalid
from services.text import one_line


def normalize_email(text: str) -> str:
    """Fold an address so that look-alike spellings meet: NFKC, case, blanks; raises Invalid."""
    email = unicodedata.normalize("NFKC", text[:1000]).casefold()
    # Folding case can leave what composes anew; folded twice, an address folds to itself.
    email = unicodedata.normalize("NFKC", email).casefold().strip()
    local, at, domain = email.partition("@")
    bad = not local or not at or "." not in domain or "@" in domain or len(email) > 254
    if bad or any(c.isspace() or not c.isprintable() for c in email):
        message = "Enter an e-mail address such as ana@example.org."
        raise Invalid(message, {"email": message})
    return email


def sort_name(name: str) -> str:
    """Fold a name for ordering, without accents and case."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold() or name


def clean_name(text: str) -> str:
    """Return a name as it is kept, on one line; raises Invalid."""
    name = one_line(text[:1000])
    if not 1 <= len(name) <= 100:
        raise Invalid("A person needs a name of 1 to 100 characters.", {"name": "1 to 100 characters."})
    return name


def known_words(name: str, email: str) -> list[str]:
    """List the words a stranger would try first in this person's password."""
    return [*re.split(r"[\W_]+", f"{name} {email}"), email]
