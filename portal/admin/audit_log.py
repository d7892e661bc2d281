"""The audit log: who did what to what, when and from where. Nobody can change it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from portal.admin.export_columns import ExportColumn, id_column, plain_column, time_column
from portal.admin.filters import PersonFilter
from portal.admin.grid import LedgerView
from portal.admin.service_source import ServiceSource
from portal.ui.lookup import PortalLookup
from pynamodb_grid.admin import ChoiceFilter, Field, Kind, LookupFilter, TextFilter
from pynamodb_grid.listing import Sort
from services.bootstrap import Services
from services.users.audit import NOBODY, UNKNOWN_ACCOUNT, AuditEvent, AuditLogService
from services.users.identity import SYSTEM, Permission

FIELDS = (
    Field("at", Kind.MOMENT, label="When"),
    Field("actor_id", label="Who"),
    Field("action", label="Action"),
    Field("subject", label="What"),
    Field("changes", label="Before and after"),
    Field("address", label="From"),
)
ACTS = {
    "user.created": "added a user",
    "user.changed": "changed a user",
    "user.imported": "imported people with their tickets",
    "user.linked": "signed in with a provider for the first time",
    "user.password_chosen": "set a password through a link",
    "user.password_changed": "changed the password",
    "user.second_factor_on": "turned the second factor on",
    "user.second_factor_off": "turned the second factor off",
    "user.signed_in": "signed in",
    "user.sign_in_failed": "failed to sign in",
    "user.proof_failed": "failed to confirm their identity",
    "user.recovery_code_used": "used a recovery code",
    "user.view_as_started": "started viewing as",
    "user.view_as_stopped": "stopped viewing as",
    "session.ended": "ended a session",
    "session.all_ended": "ended all sessions",
    "session.oldest_ended": "signed in once too often, which ended the oldest session",
    "user.invited": "resent an invitation",
    "user.registered": "registered",
    "user.address_confirmed": "confirmed their email address",
    "user.address_changed": "changed their own email address",
    "access.changed": "changed who can register",
    "user.exported": "exported a person's data",
    "user.erasure_asked": "requested the erasure of a person",
    "user.erased": "erased a person",
    "token.created": "created an API token",
    "token.revoked": "revoked an API token",
    "token.refused": "used an API token that is not valid",
    "role.created": "created a role",
    "role.changed": "changed a role",
    "organization.created": "created an organization",
    "organization.changed": "changed an organization",
    "team.created": "created a team",
    "team.changed": "changed a team",
    "category.created": "created a category",
    "category.changed": "changed a category",
    "delivery.sent_again": "sent a failed email again",
    "delivery.dropped": "dropped a failed email",
}
ACTION_CHOICES = {action: text[0].upper() + text[1:] for action, text in ACTS.items()}
# Who and what has no name of its own.
UNNAMED = {
    SYSTEM.user_id: SYSTEM.name,
    NOBODY.user_id: NOBODY.name,
    UNKNOWN_ACCOUNT.partition(":")[2]: "No known account",
}
NOTHING = "nothing"
EXPORT_CHUNK = 100  # rows whose people are looked up together


def audit_log_source(audit_log: AuditLogService) -> ServiceSource:
    """Read the audit log through AuditLogService; there is nothing to write."""
    return ServiceSource(
        page=audit_log.page,
        iterate=audit_log.iterate,
        sortable=audit_log.sortable,
        key="key",
        stored_names={"at": "entry_key"},  # which begins with the time
        refusal="Entries of the audit log cannot be changed.",
    )


class AuditLogView(LedgerView):
    """All audit events, the latest first."""

    list_template = "admin/audit_log.html"
    can_create = can_edit = False
    can_export = True
    column_list = ("at", "actor_id", "action", "subject", "changes", "address")
    default_sort = Sort("at", descending=True)
    needs = {"list": Permission.AUDIT_VIEW, "export": Permission.AUDIT_VIEW}

    def __init__(self, services: Services) -> None:
        self._services = services
        self.grid_fields = {field.name: field for field in FIELDS}
        self.column_filters = [
            LookupFilter("actor_id", ActorLookup("person"), "Who", name="who"),
            ChoiceFilter("action", tuple(ACTION_CHOICES.items()), "Action", name="action"),
            SubjectFilter("subject", (), "What", name="what", names=self._subjects),
            TextFilter("address", "From", name="from"),
        ]
        super().__init__(
            AuditEvent,
            audit_log_source(services.users.audit_log),
            name="Audit log",
            endpoint="audit_log",
            url="/admin/audit-log",
        )

    def extra_context(self) -> Mapping[str, Any]:
        """Give the page what the rows' ids stand for, and its words."""
        return {
            "title": "Audit log",
            "nouns": ("entry", "entries"),
            "sort_words": {"at": ("earliest first", "latest first")},
            "names_of": self._names_of,
            "unnamed": UNNAMED.keys(),
            "acts": ACTS,
            "change_texts": change_texts,
            "show_cost": True,
        }

    def export_rows(self, rows: Iterable[AuditEvent]) -> Iterator[AuditEvent]:
        """Look up the people of many entries at once; each one's names are then at hand."""
        walk = iter(rows)
        while chunk := list(islice(walk, EXPORT_CHUNK)):
            self._names_of(chunk)
            yield from chunk

    def export_columns(self) -> list[ExportColumn]:
        """Give everything as it reads on the page, then the ids for programs."""
        return [
            time_column("When", "at"),
            ("Who", lambda row: self._name(row.actor_id)),
            ("Action", lambda row: ACTS.get(row.action, row.action)),
            ("What", lambda row: self._subject_name(row.subject)),
            ("Before and after", lambda row: _changes_text(row.changes)),
            plain_column("From", "address"),
            id_column("Who", "actor_id"),
            id_column("Action", "action"),
            id_column("What", "subject"),
        ]

    def _name(self, user_id: str) -> str:
        known = {SYSTEM.user_id: SYSTEM.name} | self._services.users.accounts.names([user_id])
        return known.get(user_id, user_id)

    def _subject_name(self, subject: str) -> str:
        kind, _, id_ = subject.partition(":")
        return self._name(id_) if kind == "user" else id_ or subject

    def _names_of(self, rows: Sequence[AuditEvent]) -> dict[str, str]:
        people = {row.actor_id for row in rows}
        people |= {row.subject.partition(":")[2] for row in rows if row.subject.startswith("user:")}
        return UNNAMED | self._services.users.accounts.names(people)

    def _subjects(self, subjects: Iterable[str]) -> dict[str, str]:
        ids = {subject: subject.partition(":")[2] for subject in subjects}
        names = UNNAMED | self._services.users.accounts.names(ids.values())
        return {subject: names.get(id_, id_) for subject, id_ in ids.items()}


class ActorLookup(PortalLookup):
    """People who did something, and whoever has no account: the system, and strangers."""

    def labels(self, values: Collection[str]) -> Mapping[str, str]:
        """Name actors."""
        return UNNAMED | dict(super().labels(values))


class SubjectFilter(PersonFilter):
    """One thing, as a link from its page names it: user:ID, role:ID, team:ID."""


def change_texts(changes: Mapping[str, Sequence[object]]) -> list[tuple[str, str, str]]:
    """Put changes into words: the field, what it was ("" where nothing was there before), what it is."""
    sides = [(_field(name), _said(old), _said(new)) for name, (old, new) in changes.items()]
    return [(name, "" if old == NOTHING else old, new) for name, old, new in sides if old != new]


def _changes_text(changes: Mapping[str, Sequence[object]]) -> str:
    return "; ".join(
        f"{field}: {old} -> {new}" if old else f"{field}: {new}" for field, old, new in change_texts(changes)
    )


def _field(name: str) -> str:
    """Name a stored field as the forms do: role for role_id, teams for team_ids."""
    if name.endswith("_ids"):
        name = name.removesuffix("_ids") + "s"
    return name.removesuffix("_id").replace("_", " ")


def _said(value: object) -> str:
    if value is None or value in ([], ""):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
