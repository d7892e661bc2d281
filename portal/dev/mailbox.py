"""The mailbox of development: e-mails that would have been sent, readable in the browser."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, render_template, request

from portal.config.readers import is_loopback
from portal.web.guards import public
from services import mail
from services.errors import Forbidden

bp = Blueprint("mailbox", __name__, url_prefix="/mailbox")
SHOWN = 100


class NotOnThisMachine(Forbidden):
    """The mailbox was asked for by another machine, or under a name that is not this machine's own."""

    def __init__(self) -> None:
        super().__init__(
            "The mailbox can be read on the machine that runs this instance, at its loopback address."
        )


@bp.before_request
def refuse_others() -> None:
    """Refuse other machines, and pages of the internet that made a name of theirs lead here (DNS rebinding)."""
    name = urlsplit(f"//{request.host}").hostname or ""
    if not (is_loopback(name) and is_loopback(request.remote_addr or "")):
        raise NotOnThisMachine


@bp.get("/")
@public
def index() -> str:
    """List the newest messages."""
    newest = sorted(_folder().glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    return render_template("mailbox.html", messages=[_summary(path) for path in newest[:SHOWN]])


@bp.get("/<message>")
@public
def message(message: str) -> str:
    """Show one message as its recipient sees it."""
    path = next((path for path in _folder().glob("*.eml") if path.stem == message), None)
    if path is None:
        abort(404)
    body = mail.read(path).get_body(("plain",))
    return render_template(
        "mailbox.html", messages=[_summary(path)], text=body.get_content() if body is not None else ""
    )


def _folder() -> Path:
    return cast(Path, current_app.extensions["settings"].mail_dir)


def _summary(path: Path) -> dict[str, Any]:
    message = mail.read(path)
    return {
        "id": path.stem,
        "to": message["To"],
        "subject": message["Subject"],
        "at": datetime.fromtimestamp(path.stat().st_mtime, UTC),
    }
