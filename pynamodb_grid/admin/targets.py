"""Where a form leads back to."""

from flask_admin.helpers import get_redirect_target


def return_target() -> str | None:
    """Reads the address that was sent along; none of another site, and none that no header can hold."""
    target: str | None = get_redirect_target()
    return target if target and target.isprintable() else None
