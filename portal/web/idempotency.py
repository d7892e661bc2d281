"""Idempotency keys of forms: a double click or a resend after a lost response has no second effect."""

import hashlib
import re

from flask import request

from portal.web.guards import actor
from services.ids import new_id

_KEY = re.compile(r"[0-9a-f]{32}")


def new_key() -> str:
    """Create a key for the hidden field `message_id` of a form."""
    return new_id()


def sent_idempotency_key() -> str | None:
    """Return the key of the submitted form, bound to the user; None if the form has none."""
    sent = request.form.get("message_id", "")
    if not _KEY.fullmatch(sent):
        return None
    return hashlib.sha256(f"{actor().user_id}:{sent}".encode()).hexdigest()[:32]
