"""What a role demands of its people's sign-ins, as the roles page offers and takes it."""

from typing import Any

from flask import request

from services.errors import Invalid
from services.users.identity import ABSOLUTE_CHOICES, IDLE_CHOICES, SignInPolicy

DAY = 24 * 60


def offered(security: SignInPolicy) -> list[dict[str, Any]]:
    """Describe the choices: name, label, [(value, words)], and the value that holds."""
    return [
        {
            "name": "second_factor",
            "label": "Second factor",
            "choices": [("no", "Optional"), ("yes", "Required")],
            "value": "yes" if security.second_factor else "no",
        },
        {
            "name": "idle_minutes",
            "label": "Sign out after inactivity",
            "choices": [(str(minutes), in_words(minutes)) for minutes in IDLE_CHOICES],
            "value": str(security.idle_minutes),
        },
        {
            "name": "absolute_minutes",
            "label": "Maximum session length",
            "choices": [(str(minutes), in_words(minutes)) for minutes in ABSOLUTE_CHOICES],
            "value": str(security.absolute_minutes),
        },
    ]


def sent() -> SignInPolicy | None:
    """Read what was chosen, None where the form does not ask; raises Invalid for what is not offered."""
    form = request.form
    names = ("second_factor", "idle_minutes", "absolute_minutes")
    if not any(name in form for name in names):
        return None
    values = {one["name"]: [value for value, _ in one["choices"]] for one in offered(SignInPolicy())}
    if any(form.get(name) not in values[name] for name in names):
        raise Invalid("This form is incomplete. Load the page again.")
    return SignInPolicy(
        form["second_factor"] == "yes", int(form["idle_minutes"]), int(form["absolute_minutes"])
    )


def in_words(minutes: int) -> str:
    """Say a time in words: 15 minutes, 1 hour, 14 days."""
    for size, word in ((DAY, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0 and (minutes > size or size <= 60):
            count = minutes // size
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{minutes} minutes"
