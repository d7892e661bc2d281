"""The services about personal data."""

from dataclasses import dataclass
from functools import partial

from services.bootstrap.users import UserServices
from services.catalog import CatalogService
from services.options import Options
from services.privacy import ErasureService, ExportService, build_steps
from services.reporting import AnalyticsEngine, tickets_by_actor


@dataclass(frozen=True)
class PrivacyServices:
    """Handing out all that is kept about a person, and erasing it."""

    erasures: ErasureService
    exports: ExportService


def build_privacy_services(
    options: Options, *, users: UserServices, catalog: CatalogService, analytics: AnalyticsEngine
) -> PrivacyServices:
    """Build the services about personal data."""
    erasures = ErasureService(
        sessions=users.sessions,
        steps=build_steps(users.accounts.forget, options.mailer, options.rejects_dir),
        roles=users.roles,
        audit_writer=users.audit_writer,
        administrators=users.last_administrator,
    )
    exports = ExportService(
        users.roles, users.accounts, catalog, users.audit_writer, partial(tickets_by_actor, analytics)
    )
    return PrivacyServices(erasures=erasures, exports=exports)
