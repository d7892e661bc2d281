"""How large a request may be."""

MAX_REQUEST = 512 * 1024
