"""Cleans text that people typed, so that it can be stored and shown."""

import re
import unicodedata
from collections.abc import Collection
from hashlib import sha256
from itertools import count, groupby

# What no page can show and some exports refuse: control characters, lone surrogates, noncharacters; and the
# two characters that override the reading direction, with which a name can pose as another.
_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u202d\u202e\ufffe\uffff\ud800-\udfff]")
_UNREADABLE_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ufffe\uffff\ud800-\udfff]")
MAX_ACCENTS = 30  # Unicode's limit for text that is safe to process as a stream (UAX 15)
# Blank characters that are no blanks, joiners or formatting characters to Python: Unicode's list of characters
# that nothing is drawn for (Default_Ignorable_Code_Point), and the empty braille cell.
_UNDRAWN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U0001d159\U000e0000-\U000e0fff]"
)
# Letters that Unicode does not take apart, and the plain ones that people type for them.
_WITHOUT_MARKS = str.maketrans(
    {
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "ħ": "h",
        "\u0131": "i",
        "ŋ": "n",
    }
)
MAX_SEARCH = 200  # characters of a search that are looked at
_BLANK_LINES_FIRST = re.compile(r"\A(?:[^\S\n]*\n)+")


def one_line(text: str) -> str:
    """Return readable text on one line with blanks collapsed; "" if none of it is visible."""
    return _visible(" ".join(_UNREADABLE.sub(" ", composed(text)).split()))


def lines(text: str) -> str:
    """Return readable text with LF line ends, without blank lines around it; "" if none of it is visible.

    The first line keeps its indentation, as code and lists need it.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    readable = _UNREADABLE_IN_LINES.sub(" ", composed(text)).rstrip()
    return _visible(_BLANK_LINES_FIRST.sub("", readable))


def composed(text: str) -> str:
    """Compose accents with their letters (NFC), so that equal text compares equal.

    Text with absurdly many accents on one letter stays as it is: sorting them takes quadratic time.
    """
    if text.isascii():
        return text
    accents = (
        sum(1 for _ in run) for is_accent, run in groupby(map(unicodedata.combining, text), bool) if is_accent
    )
    return text if max(accents, default=0) > MAX_ACCENTS else unicodedata.normalize("NFC", text)


def _visible(text: str) -> str:
    """Return the text, "" if it consists only of characters that nothing is drawn for."""
    drawn = (c for c in text if unicodedata.category(c)[0] not in "ZC" and not _UNDRAWN.match(c))
    return text if any(drawn) else ""


def search_text(text: str) -> str:
    """Fold a text for searching: without accents and case, ß as ss, ø as o, æ as ae, ł as l, and so on."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text)
    folded = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    # Folding case takes some letters apart again, such as the Turkish İ.
    return "".join(c for c in folded if not unicodedata.combining(c)).translate(_WITHOUT_MARKS)


def search_words(text: str) -> list[str]:
    """Return the folded words of a search; text is found by it if it contains all of them, in any order."""
    return [word for word in re.split(r"[\s,;<>\"]+", search_text(text[:MAX_SEARCH])) if word]


def slug(name: str) -> str:
    """Derive an id from a name: ASCII letters, digits and hyphens; "" if the name has no letter or digit."""
    plain = unicodedata.normalize("NFKD", name[:200]).encode("ascii", "ignore").decode().lower()
    id_ = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]
    if id_ or not any(c.isalnum() for c in name):
        return id_
    return sha256(name.encode("utf-8", "replace")).hexdigest()[:12]  # a script without ASCII letters


def free_slug(name: str, taken: Collection[str]) -> str:
    """Derive an id that is not taken: names such as "A-B" and "A B" give the same slug."""
    id_ = slug(name)
    return id_ if id_ not in taken else next(i for n in count(2) if (i := f"{id_}-{n}") not in taken)
