"""Importing people from a file: choose it, see what would happen, confirm; rejected lines can be taken along.

Nothing is kept between the steps: the page brings the file's text along, and every step reads it again.
"""

from collections.abc import Iterable
from typing import Any

from flask import Response, render_template, request, url_for
from flask_admin import BaseView

from portal.web.guards import actor, needs, now, require_step_up, services, step_up_required
from pynamodb_grid.admin import expose
from pynamodb_grid.spreadsheet import stream_csv
from services.bootstrap import Services
from services.errors import Invalid
from services.users.accounts import USER_CSV_BYTES, USER_CSV_COLUMNS, USER_CSV_LINES, Line, Report
from services.users.identity import Permission

SHOWN = 200
# In what order lines are shown, and what they are called before and after.
OUTCOMES = ("rejected", "waiting", "new", "changed", "unchanged")
PLANNED = {"rejected": "Rejected", "new": "New", "changed": "Changed", "unchanged": "Unchanged"}
DONE = {**PLANNED, "new": "Added", "waiting": "Not yet"}


class UserImportView(BaseView):  # type: ignore[misc]  # Flask-Admin ships no types
    """The three steps of an import."""

    def __init__(self, services: Services) -> None:
        self._import = services.users.user_import
        super().__init__(name="Import users", endpoint="people_import", url="/admin/users/import")

    @expose("/", methods=("GET", "POST"))
    @needs(Permission.USER_EDIT)
    def index_view(self) -> Any:
        """Show the form; read the file that came, or import what was confirmed."""
        if request.method == "GET":
            require_step_up()  # before a file is chosen: one that was sent would have to be sent again
            return _page()
        try:
            return self._confirmed() if request.form.get("step") == "import" else self._dry_run()
        except Invalid as refused:
            return _page(error=refused.fields.get("file", refused.message)), 400

    @expose("/rejected/", methods=("POST",))
    @needs(Permission.USER_EDIT)
    @step_up_required
    def rejected_view(self) -> Any:
        """Hand out the rejected lines with their reasons, as a file that can be mended and sent again."""
        report = self._import.plan(actor=actor(), text=_text())
        rejected = [line for line in report.lines if line.outcome == "rejected"]
        response = Response(
            stream_csv(("line", "reason", *USER_CSV_COLUMNS), map(_cells, rejected)),
            mimetype="text/csv",
        )
        response.headers["Content-Disposition"] = "attachment; filename=rejected.csv"
        return response

    def _dry_run(self) -> Any:
        sent = request.files.get("file")
        text = self._import.decode(sent.read() if sent else b"")
        return _page(report=self._import.plan(actor=actor(), text=text), text=text)

    def _confirmed(self) -> Any:
        require_step_up()
        text = _text()
        report = self._import.run(
            actor=actor(),
            now=now(),
            text=text,
            invite="invite" in request.form,
            why_not=lambda: services().users.actor_recheck.why_not(actor=actor()),
        )
        page = _page(report=report, text=text, done=True)
        return (page, 403) if report.stopped else page


def _text() -> str:
    return request.form.get("text", "")


def _page(*, report: Report | None = None, text: str = "", done: bool = False, error: str = "") -> str:
    words = DONE if done else PLANNED
    counts = {name: report.count(name) for name in OUTCOMES} if report else {}
    known = {"role": dict(_roles()), "team": services().catalog.names("team")} if report else {}
    lines = sorted(report.lines, key=lambda line: OUTCOMES.index(line.outcome)) if report else []
    return render_template(
        "admin/people_import.html",
        lines=[_shown(line, words, known) for line in lines[:SHOWN]],
        more=len(lines) - SHOWN,
        counts=[(name, words[name], number) for name, number in counts.items() if number],
        numbers=counts,
        text=text,
        done=done,
        invite="invite" in request.form,
        stopped=report.stopped if report else "",
        error=error,
        limits={"kilobytes": USER_CSV_BYTES // 1000, "lines": USER_CSV_LINES},
        import_url=url_for("people_import.index_view"),
        rejected_url=url_for("people_import.rejected_view"),
        users_url=url_for("users.index_view"),
    )


def _shown(line: Line, words: dict[str, str], known: dict[str, dict[str, str]]) -> dict[str, Any]:
    cells = line.row.cells
    changes = [_change_text(field, before, after, known) for field, before, after in line.changes]
    return {
        "number": line.row.number,
        "outcome": line.outcome,
        "word": words[line.outcome],
        "name": cells["name"],
        "email": cells["email"],
        "text": line.reason or "; ".join(changes) or _wanted(cells),
    }


def _change_text(field: str, before: str, after: str, known: dict[str, dict[str, str]]) -> str:
    names = {
        "role": known["role"],
        "teams": known["team"],
        "organization": services().users.organizations.names(),
    }
    named = names.get(field, {})
    was, will = (", ".join(named.get(word, word) for word in side.split(", ")) for side in (before, after))
    return f"{field.capitalize()}: {was or 'none'} to {will or 'none'}"


def _wanted(cells: dict[str, str]) -> str:
    return " · ".join(cells[name] for name in ("role", "teams", "organization") if cells[name])


def _roles() -> Iterable[tuple[str, str]]:
    return ((role.role_id, role.name) for role in services().users.roles.all())


def _cells(line: Line) -> list[Any]:
    return [line.row.number, line.reason, *(line.row.cells[name] for name in USER_CSV_COLUMNS)]
