"""Where people are signed in: finding a person, ending their sessions, looking through their eyes."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_admin import BaseView

from portal.web.guards import actor, needs, now, step_up_required
from pynamodb_grid.admin import expose
from services.bootstrap import Services
from services.errors import Invalid
from services.users.credentials import SessionGone
from services.users.directory import Person
from services.users.identity import Permission, User

MOST = 25  # people found by a name; more of it finds fewer


class SessionView(BaseView):  # type: ignore[misc]  # Flask-Admin ships no types
    """A person's sessions; lists nobody's until a person is named, so that it never grows with the table."""

    def __init__(self, services: Services) -> None:
        self._services = services
        super().__init__(name="Sessions", endpoint="sessions", url="/admin/sessions")

    @expose("/")
    @needs(Permission.SESSION_REVOKE)
    def index_view(self) -> Any:
        """Find people by name or address (`q`), or show the sessions of one (`person`)."""
        user_id = request.args.get("person", "")
        if user_id:
            return self._person(self._services.users.accounts.get(user_id))
        text = request.args.get("q", "").strip()[:200]
        people = self._find(text) if text else []
        if len(people) == 1:
            return redirect(url_for("sessions.index_view", person=people[0].user_id))
        return render_template("admin/sessions.html", q=text, found=people, most=MOST, person=None)

    @expose("/end/", methods=("POST",))
    @needs(Permission.SESSION_REVOKE)
    @step_up_required
    def end_view(self) -> Any:
        """End one session of a person, or all of them."""
        user_id, session_id = request.form.get("person", ""), request.form.get("session", "")
        devices = self._services.users.devices
        if session_id == "all":
            devices.end_all(actor=actor(), user_id=user_id, now=now())
            own = user_id == actor().user_id
            flash(f"All {'other ' if own else ''}sessions of this user have ended.", "success")
        else:
            try:
                devices.end(actor=actor(), user_id=user_id, session_id=session_id, now=now())
                flash("The session has ended.", "success")
            except SessionGone as gone:
                flash(gone.message, "info")
        return redirect(url_for("sessions.index_view", person=user_id))

    @expose("/second-factor-off/", methods=("POST",))
    @needs(Permission.USER_EDIT)
    @step_up_required
    def second_factor_view(self) -> Any:
        """Take away the second factor of somebody who lost theirs."""
        user_id = request.form.get("person", "")
        try:
            self._services.users.second_factor.turn_off(actor=actor(), user_id=user_id, now=now())
            flash("The second factor is off. The password alone is enough to sign in now.", "success")
        except Invalid as refused:
            flash(refused.message, "error")
        return redirect(url_for("sessions.index_view", person=user_id))

    @expose("/view-as/", methods=("GET", "POST"))
    @needs(Permission.USER_VIEW_AS)
    @step_up_required
    def view_as_view(self) -> Any:
        """Say what viewing as another person is, and begin it."""
        person = self._services.users.accounts.get(request.values.get("person", ""))
        if request.method == "POST":
            try:
                self._services.users.view_as.start(actor=actor(), user_id=person.user_id, now=now())
                return redirect("/")
            except Invalid as refused:
                flash(refused.message, "error")
        return render_template("admin/view_as.html", person=person, role=self._role(person))

    def _person(self, person: User) -> str:
        devices = self._services.users.devices.list_for_user(actor=actor(), user_id=person.user_id, now=now())
        own = person.user_id == actor().user_id
        reached = own or not self._services.users.roles.outranks(actor=actor(), account=person)
        return render_template(
            "admin/sessions.html",
            q="",
            found=[],
            most=MOST,
            person=person,
            role=self._role(person),
            devices=devices,
            here=actor().session_id,
            has_second_factor=self._services.users.second_factor.is_on(person.user_id),
            may_end=reached,
            may_edit=reached and not own and actor().may(Permission.USER_EDIT),
            may_view_as=reached and not own and actor().may(Permission.USER_VIEW_AS),
        )

    def _role(self, person: User) -> str:
        return str(self._services.users.accounts.get_user_role(user_id=person.user_id).name)

    def _find(self, text: str) -> Sequence[Person | User]:
        """Find people by any part of their name or address; who may not see users, by the whole address."""
        users = self._services.users
        if not actor().may(Permission.USER_VIEW):
            try:
                owner = users.accounts.find_by_email(text)
            except Invalid:
                owner = None
            return [owner] if owner else []
        return users.directory.search(actor=actor(), text=text, most=MOST).people
