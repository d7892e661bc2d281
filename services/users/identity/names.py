"""Names and addresses of people: cleaned, and folded so that look-alike spellings are equal."""

import re
import unicodedata

import idna

from services.errors import Invalid
from services.text import one_line

# What mail servers accept without extensions (RFC 5321's dot-string).
LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")

# What people write between the digits of a telephone number, and how many digits there are.
PHONE = re.compile(r"\+?[0-9 ()/.-]+(?:(?:ext\.?|x|#) ?[0-9]{1,6})?", re.IGNORECASE)
MIN_DIGITS, MAX_DIGITS, MAX_PHONE = 3, 21, 40


def normalize_email(text: str) -> str:
    """Fold an address so that its spellings are equal: width, case, blanks, and the domain as in DNS (IDNA 2008).

    E-mails only go to the folded address, so an address that merely looks the same is of no use. Raises
    Invalid.
    """
    local, _, domain = text[:1000].strip().replace("\N{FULLWIDTH COMMERCIAL AT}", "@").partition("@")
    local = unicodedata.normalize("NFKC", local).lower()
    if not local.isascii():
        message = "Before the @, an email address can only have letters without accents, digits and signs."
        raise Invalid(message, {"email": message})
    try:
        email = f"{local}@{normalize_domain(domain)}"
    except Invalid:
        email = ""
    if len(local) > 64 or len(email) > 254 or not LOCAL_PART.fullmatch(local) or not email:
        message = "Enter an email address such as ana@example.org."
        raise Invalid(message, {"email": message})
    return email


def normalize_domain(text: str) -> str:
    """Write a domain as DNS does, by IDNA 2008, so that equal text means the same domain; raises Invalid.

    The one form for every domain that the product takes or compares. Case is folded by the mapping of IDNA
    (UTS 46, non-transitional) and not before it: str.casefold turns ß into ss, which is another domain.
    """
    domain = text[:1000].strip()
    try:
        spelled = idna.encode(domain, uts46=True, transitional=False).decode() if domain.isprintable() else ""
    except UnicodeError:  # idna's own errors are of this kind
        spelled = ""
    if "." not in spelled.strip(".") or spelled.endswith(".") or len(spelled) > 253:
        raise Invalid(f"{domain[:60]} is not a domain such as example.org.")
    return spelled


def clean_phone(text: str) -> str | None:
    """Return a telephone number as people write it, None if there is none; raises Invalid.

    It may have a country or not, and an extension at its end.
    """
    phone = one_line(unicodedata.normalize("NFKC", text[:1000]))
    if not phone:
        return None
    if (
        len(phone) > MAX_PHONE
        or not PHONE.fullmatch(phone)
        or not MIN_DIGITS <= len(phone_digits(phone)) <= MAX_DIGITS
    ):
        message = "Enter a phone number such as +370 5 266 1183."
        raise Invalid(message, {"phone": message})
    return phone


def phone_digits(text: str) -> str:
    """Return what is dialled within a country: the digits of a number without the zeros before an area."""
    return re.sub(r"\D", "", text.replace("(0)", "")).lstrip("0")


def sort_name(name: str) -> str:
    """Fold a name for sorting, without accents and case."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold() or name


def clean_name(text: str) -> str:
    """Return a name as it is stored, on one line; raises Invalid."""
    name = one_line(text[:1000])
    if not 1 <= len(name) <= 100:
        raise Invalid("Enter a name of 1 to 100 characters.", {"name": "1 to 100 characters."})
    return name


def known_words(name: str, email: str) -> list[str]:
    """List the words that a stranger would try first to guess this user's password."""
    return [*re.split(r"[\W_]+", f"{name} {email}"), email]
