"""Checks whether a text can be a key before a read, so that an impossible id is simply not found."""

MAX_BYTES = 1024  # DynamoDB's limit for a range key


def storable(*keys: str) -> bool:
    """Tell whether texts can be keys: not empty, not too long, and valid Unicode."""
    try:
        return all(0 < len(key) <= MAX_BYTES and len(key.encode()) <= MAX_BYTES for key in keys)
    except UnicodeEncodeError:
        return False
