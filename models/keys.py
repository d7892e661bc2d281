"""What may stand as a key: asked before a read, so that a wild id is simply not there."""

MAX_BYTES = 1024  # DynamoDB's limit for a range key


def storable(*keys: str) -> bool:
    """Tell whether texts can be keys: neither empty nor too long, and proper Unicode."""
    try:
        return all(0 < len(key) <= MAX_BYTES and len(key.encode()) <= MAX_BYTES for key in keys)
    except UnicodeEncodeError:
        return False
