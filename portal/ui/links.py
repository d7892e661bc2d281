"""Links in what people wrote: web addresses, email addresses and phone numbers, and nothing else."""

import re
from collections.abc import Iterator
from itertools import islice

from linkify_it import LinkifyIt
from markupsafe import Markup, escape

_find = LinkifyIt(options={"fuzzy_link": True, "fuzzy_email": True, "fuzzy_ip": False})
for _scheme in ("ftp:", "//"):
    _find.add(_scheme, None)
# What may be followed; the library finds no other scheme, and what it finds is checked once more.
SCHEMES = ("http://", "https://", "mailto:")
# A number that can be dialled: with + and a country, or a 0 and an area set apart. Not a date, an order, an amount.
PHONE = re.compile(
    r"(?<![\w+./-])(?:\+[1-9][0-9 ()/.-]{6,20}|0[1-9][0-9]{1,4}[ /-][0-9 /-]{4,14})[0-9](?![\w/-]|[.,][0-9])"
)
WORD = re.compile(r"\S+")
LONGEST = 2000  # characters of a word with an address
MOST = 100  # addresses in a message
DIGITS = range(7, 16)  # of a phone number (E.164)
OUTSIDE = Markup(' rel="nofollow noopener noreferrer" target="_blank"')


def linked(text: str) -> Markup:
    """Return text as HTML in which addresses and phone numbers are links; everything else is escaped."""
    parts: list[Markup] = []
    end = 0
    for start, url, raw in islice(_found(text), MOST):
        parts += [_with_phones(text[end:start]), _link(url, raw)]
        end = start + len(raw)
    return Markup("").join([*parts, _with_phones(text[end:])])


def _found(text: str) -> Iterator[tuple[int, str, str]]:
    """Walk (place, URL, as written) of the addresses.

    Word by word, because the library reads all that follows an address again.
    """
    for word in WORD.finditer(text):
        if len(word[0]) <= LONGEST and ("." in word[0] or "://" in word[0]):
            for match in _find.match(word[0]) or ():
                if match.url.lower().startswith(SCHEMES):
                    yield word.start() + match.index, match.url, match.raw


def _link(url: str, text: str) -> Markup:
    return Markup('<a href="{}"{}>{}</a>').format(url, "" if url.startswith("mailto:") else OUTSIDE, text)


def _with_phones(text: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for match in PHONE.finditer(text):
        number = _dialled(match[0])
        if len(number.lstrip("+")) in DIGITS:
            parts += [escape(text[end : match.start()]), _link_phone(number, match[0])]
            end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def phone_link(phone: str) -> Markup:
    """Return a person's phone number as a link; an extension is dialled by hand."""
    return _link_phone(_dialled(re.split(r"[a-z#]", phone, maxsplit=1, flags=re.IGNORECASE)[0]), phone)


def _dialled(phone: str) -> str:
    return re.sub(r"[^0-9+]", "", phone.replace("(0)", "") if phone.startswith("+") else phone)


def _link_phone(number: str, text: str) -> Markup:
    return Markup('<a href="tel:{}">{}</a>').format(number, text)
