"""One person's privacy: all that is held about them as a file, and erasing them."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_admin import BaseView

from portal.ui.download import personal_data_response
from portal.web.error_pages import status_of
from portal.web.guards import actor, needs, now, step_up_required
from pynamodb_grid.admin import expose
from services.bootstrap import Services
from services.errors import Conflicted, Invalid
from services.privacy import COUNTED, Candidate
from services.users.identity import Permission

# What the page calls the steps, and what they changed.
STEPS = {
    "account": "Emptying the account",
    "emails": "Deleting unsent emails",
    "tickets": "Reading all tickets",
    "audit_log": "Reading the audit log",
    "tables": "Reading all other records",
    "files": "Reading files",
}
CHANGED = {
    "tickets": "Tickets changed",
    "messages": "Messages removed",
    "mentions": "Messages and changes by others that named them",
    "letters": "Unsent emails deleted",
    "acts": "Audit log entries changed",
    "records": "Other records",
    "files": "Files changed",
}


class PrivacyView(BaseView):  # type: ignore[misc]  # Flask-Admin ships no types
    """What is held about a person, and the way to erase them."""

    def __init__(self, services: Services) -> None:
        self._services, self._erasures = services, services.privacy.erasures
        super().__init__(name="Privacy", endpoint="privacy", url="/admin/users/<user_id>/privacy")

    @expose("/")
    @needs(Permission.USER_EXPORT, Permission.USER_ERASE)
    def index_view(self, user_id: str) -> str:
        """Show what can be done, or how far an erasure is."""
        return self._page(user_id)

    @expose("/export", methods=("POST",))
    @needs(Permission.USER_EXPORT)
    @step_up_required
    def export_view(self, user_id: str) -> Any:
        """Hand out all that is held."""
        return personal_data_response(user_id)

    @expose("/erase", methods=("POST",))
    @needs(Permission.USER_ERASE)
    @step_up_required
    def erase_view(self, user_id: str) -> Any:
        """Begin to erase the person."""
        typed = request.form.get("confirmed", "")
        try:
            self._erasures.ask(
                actor=actor(),
                user_id=user_id,
                confirmed=typed,
                now=now(),
                chosen=request.form.getlist("place"),
            )
        except (Invalid, Conflicted) as refused:
            problems = getattr(refused, "fields", {})
            if not problems:
                flash(refused.message, "error")
            return self._page(user_id, problems), status_of(refused)
        flash("The person can no longer sign in. Their data is being removed.", "ok")
        return redirect(url_for("privacy.index_view", user_id=user_id))

    def _page(self, user_id: str, errors: dict[str, str] | None = None) -> str:
        may_erase = actor().may(Permission.USER_ERASE)
        progress = self._erasures.progress(actor=actor(), user_id=user_id) if may_erase else None
        preview = self._erasures.preview(actor=actor(), user_id=user_id) if may_erase else None
        asked_by = self._services.users.accounts.names([progress.erasure.asked_by]) if progress else {}
        person = preview.person if preview else self._services.users.accounts.get(user_id)
        roles, own = self._services.users.roles, user_id == actor().user_id
        return render_template(
            "admin/privacy.html",
            person=person,
            outlook=preview,
            counted=COUNTED,
            progress=progress,
            asked_by=next(iter(asked_by.values()), "somebody"),
            step=STEPS.get(progress.step, "") if progress else "",
            changed=CHANGED,
            may_export=actor().may(Permission.USER_EXPORT)
            and (own or not roles.outranks(actor=actor(), account=person)),
            errors=errors or {},
            places=self._places(user_id) if preview and not progress and not preview.refusal else None,
            chosen=request.form.getlist("place") if request.method == "POST" else None,
        )

    def _places(self, user_id: str) -> dict[str, Any]:
        """Group the places that may name the person by what stands there."""
        places = self._erasures.named_places(actor=actor(), user_id=user_id)
        groups: dict[str, list[Candidate]] = {}
        for candidate in places.candidates:
            groups.setdefault(candidate.words, []).append(candidate)
        ordered = sorted(groups.items(), key=lambda group: (not group[1][0].likely, group[0].casefold()))
        return {"groups": ordered, "unread": places.unread, "more": places.more}
