"""The demo accounts' password on a developer's machine."""

import os
import secrets
from pathlib import Path

_BYTES = 12


def keep_demo_password(path: Path) -> str:
    """Return the password stored in path, generated once and readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and (stored := path.read_text(encoding="utf-8").strip()):
        return stored
    password = secrets.token_urlsafe(_BYTES)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    return password
