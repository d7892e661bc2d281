"""The grids: tickets, people, roles, teams and categories, as Flask-Admin views over the services."""

from typing import Any

from flask import Flask, redirect
from flask_admin import Admin, AdminIndexView

from portal.admin.api_tokens import TokenView
from portal.admin.audit_log import AuditLogView
from portal.admin.catalog import CatalogView, CategoryView
from portal.admin.emails import EmailView
from portal.admin.organizations import OrganizationView
from portal.admin.privacy import PrivacyView
from portal.admin.registration import RegistrationPolicyView
from portal.admin.roles import RoleView
from portal.admin.sessions import SessionView
from portal.admin.tickets import TicketView
from portal.admin.user_import import UserImportView
from portal.admin.users import UserView
from portal.web.guards import register_guard
from pynamodb_grid.admin import expose


class Front(AdminIndexView):  # type: ignore[misc]  # Flask-Admin ships no types
    """Flask-Admin wants a front page; ours is elsewhere."""

    def create_blueprint(self, admin: Any) -> Any:
        """Leave out Flask-Admin's static files: no page of ours uses them."""
        self.static_folder = None
        return super().create_blueprint(admin)

    @expose("/")
    def index(self) -> Any:
        """Lead to the front page."""
        return redirect("/")


def init_app(app: Flask) -> None:
    """Register the grids; each asks its own permissions for every page and every write."""
    admin = Admin(app, name="Ledgerdesk", index_view=Front(url="/admin"))
    services, zone = app.extensions["services"], app.extensions["settings"].time_zone
    for view in (
        TicketView(services, zone=zone),
        UserView(services),
        PrivacyView(services),
        UserImportView(services),
        RoleView(services),
        SessionView(services),
        RegistrationPolicyView(services),
        OrganizationView(services),
        EmailView(services),
        TokenView(services),
        AuditLogView(services),
        CatalogView(services, "team", "Teams", endpoint="teams"),
        CategoryView(services, "category", "Categories", endpoint="categories"),
    ):
        admin.add_view(view)
    for view in admin._views:
        register_guard(
            app, f"{view.endpoint}.", "public" if isinstance(view, Front) else f"grid:{view.endpoint}"
        )
