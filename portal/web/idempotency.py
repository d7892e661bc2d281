"""Keys that make a form's second arrival harmless: a double click, a resend after a lost answer."""

import hashlib
import re

from flask import request

from portal.web.guards import actor
from services.ids import new_id

_KEY = re.compile(r"[0-9a-f]{32}")


def new_key() -> str:
    """Make a key for the hidden field `message_id` of a form."""
    return new_id()


def sent_idempotency_key() -> str | None:
    """Return the key of the form that arrived, bound to the person, None when it carries none."""
    sent = request.form.get("message_id", "")
    if not _KEY.fullmatch(sent):
        return None
    return hashlib.sha256(f"{actor().user_id}:{sent}".encode()).hexdigest()[:32]
