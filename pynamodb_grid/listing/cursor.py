"""Signed, opaque cursors, bound to the list they belong to."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pynamodb_grid.listing.listing_errors import BadCursor

MAX_CURSOR = 6000  # characters: 32 partial positions fit, and the URL stays under common server limits
_SIGNATURE = 16
# Several keys, newest first: the first one signs, and signatures of all of them are accepted.
Keys = bytes | tuple[bytes, ...]
MALFORMED = "This page link is not valid. Start again from the first page."
FOREIGN = "This page link belongs to another list or has expired. Start again from the first page."


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins.

    kind: the plan family it belongs to (index, memory, columnar). backward: the page ends before the anchor.
    anchor: the row next to the page, None for the end of the list. positions: how far a capped page read
    each partition (None: follow the anchor, False: exhausted). origin: the payload of the previous page.
    """

    kind: str
    backward: bool = False
    anchor: tuple[Any, ...] | None = None
    positions: tuple[Any, ...] | None = None
    origin: Any = None

    def payload(self) -> list[Any]:
        """Return the JSON form."""
        return [self.kind, int(self.backward), self.anchor, self.positions, self.origin]

    @classmethod
    def from_payload(cls, payload: Any) -> "Cursor":
        """Read the JSON form; raises ValueError or TypeError if it has another shape."""
        kind, backward, anchor, positions, origin = payload
        frozen = (
            None if positions is None else tuple(tuple(p) if isinstance(p, list) else p for p in positions)
        )
        return cls(str(kind), bool(backward), None if anchor is None else tuple(anchor), frozen, origin)


class CursorCodec:
    """Signs cursors with HMAC-SHA256; `context` binds a cursor to table, conditions, sort and partitions."""

    def __init__(self, key: Keys | Callable[[], Keys]) -> None:
        """Take the secret or secrets, or a function that returns them."""
        self._key = key

    def encode(self, cursor: Cursor, context: bytes) -> str:
        """Sign a cursor and write it as URL-safe text."""
        body = json.dumps(cursor.payload(), separators=(",", ":"), ensure_ascii=False).encode()
        signature = next(self._signatures(body, context))
        return base64.urlsafe_b64encode(signature + body).rstrip(b"=").decode()

    def decode(self, text: str, context: bytes) -> Cursor:
        """Read a signed cursor; raises BadCursor if it is malformed, forged or of another list."""
        signature, body = _parts(text)
        if not any(hmac.compare_digest(signature, good) for good in self._signatures(body, context)):
            raise BadCursor(FOREIGN)
        return _cursor(body)

    @staticmethod
    def kind_of(text: str) -> str:
        """Read which plan a cursor says it is of, before its signature is checked; raises BadCursor."""
        return _cursor(_parts(text)[1]).kind

    def _signatures(self, body: bytes, context: bytes) -> Iterator[bytes]:
        given = self._key() if callable(self._key) else self._key
        keys = (given,) if isinstance(given, bytes) else given
        if not keys or not all(keys):
            raise ValueError("cursors need a non-empty key")
        digest = hashlib.sha256(context).digest()
        return (hmac.new(key, digest + body, hashlib.sha256).digest()[:_SIGNATURE] for key in keys)


def _parts(text: str) -> tuple[bytes, bytes]:
    if not text or len(text) > MAX_CURSOR or not text.isascii():
        raise BadCursor(MALFORMED)
    try:
        signed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadCursor(MALFORMED) from None
    return signed[:_SIGNATURE], signed[_SIGNATURE:]


def _cursor(body: bytes) -> Cursor:
    try:
        return Cursor.from_payload(json.loads(body))
    except (ValueError, TypeError):
        raise BadCursor(MALFORMED) from None
