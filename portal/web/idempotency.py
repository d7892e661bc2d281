"""Idempotency keys of forms: a double click or a resend after a lost response has no second effect.

A form that is sent again with other input, for example from a page that the browser went back to, is not sent at
once, because the person may not know that the first one arrived. It is shown again as it was filled in, says so, and
has a new key.
"""

import re

from flask import g, request

from services.idempotency import KeyReused
from services.ids import new_id

_KEY = re.compile(r"[0-9a-f]{32}")


def new_key() -> str:
    """Create a key for the hidden field `message_id` of a form."""
    return new_id()


def sent_idempotency_key() -> str | None:
    """Return the key of the submitted form; None if the form has none."""
    sent = request.form.get("message_id", "")
    return sent if _KEY.fullmatch(sent) else None


def form_key() -> str:
    """Return the key for a form that is shown: the one that it was sent with, unless that was used for other input."""
    return new_key() if g.get("key_reused") else request.form.get("message_id") or new_key()


def already_sent(error: KeyReused, *, opens: bool = False) -> str:
    """Say what happened to a form that was sent again with other input, and give it a new key.

    `opens` is true for a form that opens a ticket.
    """
    g.key_reused = True
    if opens and error.ticket_id is not None:
        return (
            f"You have sent this form before, and ticket #{error.ticket_id} was opened with what it said then. "
            "Nothing was sent this time. To open another ticket, send it again."
        )
    return (
        "You have sent this form before, with other content, and that was saved. "
        "Nothing was sent this time. If this is needed too, send it again."
    )
