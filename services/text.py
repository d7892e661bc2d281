"""Text that people typed, made fit to store and to show."""

import re
import unicodedata
from collections.abc import Collection
from hashlib import sha256
from itertools import count, groupby

# What no page can show and some exports refuse: control characters, lone surrogates, noncharacters; and
# the two marks that turn the reading direction over, with which a name can pose as another.
_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u202d\u202e\ufffe\uffff\ud800-\udfff]")
_UNREADABLE_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ufffe\uffff\ud800-\udfff]")
MAX_MARKS = 30  # Unicode's limit for text that is safe to process as a stream (UAX 15)


def one_line(text: str) -> str:
    """Return readable text on one line, blanks collapsed; "" when nothing of it can be seen."""
    return _seen(" ".join(_UNREADABLE.sub(" ", composed(text)).split()))


def lines(text: str) -> str:
    """Return readable text with plain line ends and no blank margin; "" when nothing of it can be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _seen(_UNREADABLE_IN_LINES.sub(" ", composed(text)).strip())


def composed(text: str) -> str:
    """Compose accents with their letters (NFC), so that equal text is equal.

    Text with absurdly many accents on one letter stays as it is: sorting them takes quadratic time.
    """
    if text.isascii():
        return text
    marks = (
        sum(1 for _ in run) for is_mark, run in groupby(map(unicodedata.combining, text), bool) if is_mark
    )
    return text if max(marks, default=0) > MAX_MARKS else unicodedata.normalize("NFC", text)


def _seen(text: str) -> str:
    """Return the text unless it is nothing but blanks and joiners."""
    return text if any(unicodedata.category(c)[0] not in "ZC" for c in text) else ""


def slug(name: str) -> str:
    """Make an id from a name: plain letters, digits and hyphens; "" when the name has no letter or digit."""
    plain = unicodedata.normalize("NFKD", name[:200]).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
    if made or not any(c.isalnum() for c in name):
        return made
    return sha256(name.encode("utf-8", "replace")).hexdigest()[:12]  # a script without plain letters


def free_slug(name: str, taken: Collection[str]) -> str:
    """Make an id that is not taken: names such as "A-B" and "A B" give the same slug."""
    made = slug(name)
    return made if made not in taken else next(i for n in count(2) if (i := f"{made}-{n}") not in taken)
