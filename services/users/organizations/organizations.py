"""Organizations: whom customers belong to, and whether members see each other's tickets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import setting as setting_table
from models.audit import AuditEntry
from models.setting import Setting
from models.store_errors import VersionMoved
from services.caching import ShortCache
from services.errors import Invalid, NotFound
from services.text import free_slug, one_line
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.rank import Outranked
from services.users.authorization.roles import RoleService
from services.users.identity.actor import Actor
from services.users.identity.names import normalize_domain, sort_name
from services.users.identity.permissions import Permission, Scope
from services.users.identity.user_errors import StaleRecord

KIND = "organization"
MAX_DOMAINS = 50


@dataclass(frozen=True)
class Organization:
    """One organization; an inactive one shares nothing and accepts no new members."""

    id: str
    version: int
    name: str
    active: bool
    shares_tickets: bool
    domains: tuple[str, ...]

    @classmethod
    def from_model(cls, item: Setting) -> "Organization":
        """Build an organization from its stored setting."""
        value = item.value
        return cls(
            id=item.id,
            version=int(item.version),
            name=value["name"],
            active=value["active"],
            shares_tickets=value["shares_tickets"],
            domains=tuple(value["domains"]),
        )


class OrganizationService:
    """Manages organizations and decides what membership means."""

    def __init__(
        self, roles: RoleService, cache: ShortCache[str, dict[str, Organization]], audit_writer: AuditWriter
    ) -> None:
        self._roles, self._cache, self._audit_writer = roles, cache, audit_writer

    def stored(self) -> list[Organization]:
        """List all organizations by name, as stored now."""
        organizations = (Organization.from_model(item) for item in setting_table.of_kind(KIND))
        return sorted(organizations, key=lambda organization: (sort_name(organization.name), organization.id))

    def names(self) -> dict[str, str]:
        """Return the names by id, as stored now."""
        return {organization.id: organization.name for organization in self.stored()}

    def names_in_lists(self) -> dict[str, str]:
        """Return the names by id, at most a few seconds old, for rows that show them."""
        return {organization.id: organization.name for organization in self._cached().values()}

    def known(self, id_: str) -> Organization | None:
        """Return an organization, at most a few seconds old, None if there is none."""
        return self._cached().get(id_)

    def get(self, id_: str) -> Organization:
        """Return an organization as stored now; raises NotFound."""
        item = setting_table.find(KIND, id_)
        if item is None:
            raise NotFound("This organization does not exist.")
        return Organization.from_model(item)

    def shared_by(self, organization_id: str | None) -> str | None:
        """Return the organization's id if its members currently share their tickets, else None.

        Ticket permissions with scope ORGANIZATION depend on this: see Actor.organization_id.
        """
        organization = self._cached().get(organization_id) if organization_id else None
        return (
            organization.id if organization and organization.active and organization.shares_tickets else None
        )

    def for_new_user(self, email: str | None, role_id: str, requested: str | None) -> str | None:
        """Return a new user's organization: the requested one ("" is none), else a customer's by their address.

        Raises Invalid if the organization does not exist or is inactive.
        """
        if requested is not None or email is None:
            return self.changed(None, requested)
        on_desk = self._roles.get(role_id).permissions.get(Permission.TICKET_VIEW, Scope.NONE) >= Scope.TEAM
        domain = email.rpartition("@")[2]
        if on_desk:
            return None
        return next(
            (
                organization.id
                for organization in self.stored()
                if organization.active and domain in organization.domains
            ),
            None,
        )

    def changed(self, present: str | None, requested: str | None) -> str | None:
        """Return a user's organization after a request: None changes nothing, "" removes it. Raises Invalid."""
        if requested is None or requested == (present or ""):
            return present
        item = setting_table.find(KIND, requested) if requested else None
        if requested and (item is None or not Organization.from_model(item).active):
            message = "This organization does not exist or is inactive."
            raise Invalid(message, {"organization_id": message})
        return requested or None

    def save(
        self,
        *,
        actor: Actor,
        now: datetime,
        id_: str | None,
        name: str,
        active: bool,
        shares_tickets: bool,
        domains: Iterable[str],
        expected_version: int,
    ) -> Organization:
        """Create (`id_` None) or change an organization that was read at `expected_version`.

        Raises PermissionDenied, Outranked, Invalid, NotFound, StaleRecord.
        """
        self._roles.check_permission(actor=actor, permission=Permission.ORGANIZATION_EDIT)
        others = [organization for organization in self.stored() if organization.id != id_]
        name = _clean_name(name, others)
        value = {
            "name": name,
            "active": active,
            "shares_tickets": shares_tickets,
            "domains": _clean_domains(domains, others),
        }
        old = setting_table.find(KIND, self.get(id_).id) if id_ is not None else None
        _check_sharing(actor, old.value if old else {}, value)
        key = old.id if old else free_slug(name, {organization.id for organization in others})
        if not key:
            raise Invalid("A name needs a letter or a digit.", {"name": "Use at least one letter or digit."})
        audit_entry = self._audit_writer.entry(
            actor=actor,
            now=now,
            action="organization.changed" if old else "organization.created",
            subject=f"organization:{key}",
            before=old.value if old else {},
            after=value,
        )
        return self._put(
            Setting(kind=KIND, id=key, version=expected_version + 1, value=value),
            expected_version,
            audit_entry,
        )

    def _put(self, item: Setting, expected_version: int, audit_entry: AuditEntry) -> Organization:
        try:
            setting_table.put(item, expected_version=expected_version, also=[audit_entry])
        except VersionMoved as moved:
            raise StaleRecord from moved
        self._cache.drop(KIND)
        return Organization.from_model(item)

    def _cached(self) -> dict[str, Organization]:
        cached = self._cache.get(KIND)
        return (
            self._cache.put(KIND, {organization.id: organization for organization in self.stored()})
            if cached is None
            else cached
        )


def _check_sharing(actor: Actor, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raise Outranked if actors who do not see all tickets would let members see more than they do."""
    if actor.scope(Permission.TICKET_VIEW) is Scope.ALL or not (after["active"] and after["shares_tickets"]):
        return
    shared_before = bool(before) and before["active"] and before["shares_tickets"]
    if not shared_before or set(after["domains"]) - set(before["domains"]):
        raise Outranked(
            "Only somebody who sees all tickets can let the members of an organization share them."
        )


def _clean_name(text: str, others: Iterable[Organization]) -> str:
    name = one_line(text[:1000])
    if not 1 <= len(name) <= 80:
        raise Invalid("Enter a name of 1 to 80 characters.", {"name": "1 to 80 characters."})
    if any(organization.name.casefold() == name.casefold() for organization in others):
        raise Invalid("This name is already taken.", {"name": "This name is already taken."})
    return name


def _clean_domains(texts: Iterable[str], others: Iterable[Organization]) -> list[str]:
    """Normalize domains as in addresses, without duplicates; raises Invalid."""
    try:
        normalized = sorted(
            {normalize_domain(text.strip().removeprefix("@")) for text in texts if text.strip()}
        )
    except Invalid as refused:
        raise Invalid(refused.message, {"domains": refused.message}) from refused
    if len(normalized) > MAX_DOMAINS:
        raise Invalid(f"At most {MAX_DOMAINS} domains.", {"domains": f"At most {MAX_DOMAINS} domains."})
    for organization in others:
        taken = next((domain for domain in normalized if domain in organization.domains), None)
        if taken:
            message = f"{taken} already belongs to {organization.name}."
            raise Invalid(message, {"domains": message})
    return normalized
