"""The order in which people expect names."""

import re
import unicodedata

NaturalKey = tuple[tuple[int, str], ...]


def natural_key(name: str) -> NaturalKey:
    """Order names without regard to case and accents, and "Group 9" before "Group 10"."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    parts = re.split(r"([0-9]+)", plain.casefold())
    return tuple((int(part[:30]), "") if part.isdecimal() else (-1, part) for part in parts)
