"""The page on which administrators say who may make an account of their own."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_admin import BaseView

from portal.web.guards import actor, needs, now, step_up_required
from pynamodb_grid.admin import expose
from services.bootstrap import Services
from services.errors import Conflicted, Invalid
from services.users.accounts import RegistrationPolicy
from services.users.identity import Permission

CHOICES = (
    ("off", "Nobody; administrators invite users"),
    ("domains", "People with an email address at these domains"),
    ("on", "Everybody"),
)


class RegistrationPolicyView(BaseView):  # type: ignore[misc]  # Flask-Admin ships no types
    """One form: nobody, some domains, everybody."""

    def __init__(self, services: Services) -> None:
        self._policy = services.users.registration_policy
        super().__init__(name="Sign-in", endpoint="access", url="/admin/access")

    @expose("/")
    @needs(Permission.SETTING_EDIT)
    def index_view(self) -> str:
        """Show the rules."""
        return _page(self._policy.stored())

    @expose("/", methods=("POST",))
    @needs(Permission.SETTING_EDIT)
    @step_up_required
    def save_view(self) -> Any:
        """Keep new rules."""
        form = request.form
        version = form.get("version", "")
        if not version.isdecimal() or len(version) > 9:
            raise Invalid("This form is incomplete. Load the page again.")
        try:
            self._policy.save(
                actor=actor(),
                now=now(),
                registration=form.get("registration", ""),
                domains=form.get("domains", ""),
                expected_version=int(version),
            )
        except Invalid as refused:
            return _page(self._policy.stored(), form, refused.fields), 400
        except Conflicted as stale:
            flash(stale.message, "error")
            return _page(self._policy.stored(), form), 409
        flash("Saved. The change takes effect within five seconds.", "success")
        return redirect(url_for("access.index_view"))


def _page(policy: RegistrationPolicy, sent: Any = None, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "admin/registration_policy.html",
        choices=CHOICES,
        registration=sent.get("registration") if sent else str(policy.registration),
        domains=sent.get("domains", "")[:20_000] if sent else "\n".join(policy.domains),
        version=policy.version,
        errors=errors or {},
    )
