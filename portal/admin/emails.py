"""The page of what has not arrived: e-mails that wait, and those that were given up."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_admin import BaseView

from portal.web.guards import actor, needs, now
from pynamodb_grid.admin import expose
from services.bootstrap import Services
from services.errors import NotFound
from services.users.identity import Permission


class EmailView(BaseView):  # type: ignore[misc]  # Flask-Admin ships no types
    """Two lists; what failed can be sent again or dropped."""

    def __init__(self, services: Services) -> None:
        self._services = services
        super().__init__(name="Emails", endpoint="emails", url="/admin/emails")

    @expose("/")
    @needs(Permission.SETTING_EDIT)
    def index_view(self) -> str:
        """Show what waits and what failed."""
        state = self._services.notifications.deliveries.state(actor=actor())
        people = {one.user_id for one in (*state.waiting, *state.failed)}
        return render_template(
            "admin/emails.html",
            waiting=state.waiting,
            failed=state.failed,
            names=self._services.users.accounts.names(people),
        )

    @expose("/again/", methods=("POST",))
    @needs(Permission.SETTING_EDIT)
    def again_view(self) -> Any:
        """Send a failed e-mail again."""
        return self._done(
            self._services.notifications.deliveries.send_again, "The email is being sent again."
        )

    @expose("/drop/", methods=("POST",))
    @needs(Permission.SETTING_EDIT)
    def drop_view(self) -> Any:
        """Drop a failed e-mail."""
        return self._done(self._services.notifications.deliveries.drop, "The email has been dropped.")

    def _done(self, act: Any, said: str) -> Any:
        try:
            act(actor=actor(), now=now(), key=request.form.get("key", ""))
            flash(said, "success")
        except NotFound as gone:
            flash(gone.message, "info")
        return redirect(url_for("emails.index_view"))
