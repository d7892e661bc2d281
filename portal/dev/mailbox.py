"""The mailbox of development: letters that would have left the house, readable in the browser."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, abort, current_app, render_template

from portal.web.guards import public
from services import mail

bp = Blueprint("mailbox", __name__, url_prefix="/mailbox")
SHOWN = 100


@bp.get("/")
@public
def index() -> str:
    """List the newest letters."""
    newest = sorted(_folder().glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    return render_template("mailbox.html", mail_messages=[_summary(path) for path in newest[:SHOWN]])


@bp.get("/<letter>")
@public
def mail_message(mail_message: str) -> str:
    """Show one letter as its reader sees it."""
    path = next((found for found in _folder().glob("*.eml") if found.stem == mail_message), None)
    if path is None:
        abort(404)
    message = mail.read(path)
    body = message.get_body(("plain",))
    return render_template(
        "mailbox.html", mail_messages=[_summary(path)], text=body.get_content() if body is not None else ""
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
