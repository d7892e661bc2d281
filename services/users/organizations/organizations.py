"""Organizations: whom customers belong to, and whether members see each other's tickets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from models import setting as setting_table
from models.audit import AuditEntry
from models.errors import VersionMoved
from models.setting import Setting
from services.caching import ShortCache
from services.errors import Invalid, NotFound
from services.text import free_slug, one_line
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.roles import RoleService
from services.users.identity.actor import Actor
from services.users.identity.names import normalize_domain, sort_name
from services.users.identity.permissions import Permission, Scope
from services.users.identity.user_errors import StaleRecord

KIND = "organization"
DOMAINS = 50


@dataclass(frozen=True)
class Organization:
    """One organization; one that is switched off shares nothing and takes nobody new."""

    id: str
    version: int
    name: str
    active: bool
    shares_tickets: bool
    domains: tuple[str, ...]

    @classmethod
    def from_model(cls, item: Setting) -> "Organization":
        """Read a stored organization."""
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
    """Keeps organizations and says what belonging to one means."""

    def __init__(
        self, roles: RoleService, cache: ShortCache[str, dict[str, Organization]], audit_writer: AuditWriter
    ) -> None:
        self._roles, self._cache, self._audit_writer = roles, cache, audit_writer

    def stored(self) -> list[Organization]:
        """List all by name as they are stored now."""
        found = (Organization.from_model(item) for item in setting_table.of_kind(KIND))
        return sorted(found, key=lambda each: (sort_name(each.name), each.id))

    def names(self) -> dict[str, str]:
        """Map ids to names, as they are stored now."""
        return {each.id: each.name for each in self.stored()}

    def get(self, id_: str) -> Organization:
        """Return one as it is now; raises NotFound."""
        item = setting_table.find(KIND, id_)
        if item is None:
            raise NotFound("There is no such organization.")
        return Organization.from_model(item)

    def shared_by(self, organization_id: str | None) -> str | None:
        """Return the organization if its members share their tickets at present, else None.

        This is what ticket permissions up to the organization rest on: see Actor.organization_id.
        """
        found = self._kept().get(organization_id) if organization_id else None
        return found.id if found and found.active and found.shares_tickets else None

    def of_new(self, email: str | None, role_id: str, wanted: str | None) -> str | None:
        """Choose a new person's organization: the wanted one ("" is none), else a customer's by the address.

        Raises Invalid for one that takes nobody.
        """
        if wanted is not None or email is None:
            return self.after(None, wanted)
        on_desk = self._roles.get(role_id).permissions.get(Permission.TICKET_VIEW, Scope.NONE) >= Scope.TEAM
        domain = email.rpartition("@")[2]
        if on_desk:
            return None
        return next((each.id for each in self.stored() if each.active and domain in each.domains), None)

    def after(self, present: str | None, wanted: str | None) -> str | None:
        """Return what a person's organization becomes; None wants no change, "" none. Raises Invalid."""
        if wanted is None or wanted == (present or ""):
            return present
        item = setting_table.find(KIND, wanted) if wanted else None
        if wanted and (item is None or not Organization.from_model(item).active):
            message = "There is no such organization."
            raise Invalid(message, {"organization_id": message})
        return wanted or None

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
        """Create (`id_` None) or change an organization read at version `expected_version`.

        Raises PermissionDenied, Invalid, NotFound, StaleRecord.
        """
        self._roles.check_permission(actor=actor, permission=Permission.ORGANIZATION_EDIT)
        others = [each for each in self.stored() if each.id != id_]
        name = _clean_name(name, others)
        value = {
            "name": name,
            "active": active,
            "shares_tickets": shares_tickets,
            "domains": _clean_domains(domains, others),
        }
        old = setting_table.find(KIND, self.get(id_).id) if id_ is not None else None
        key = old.id if old else free_slug(name, {each.id for each in others})
        if not key:
            raise Invalid("A name needs a letter or a digit.", {"name": "A letter or a digit is missing."})
        act = self._audit_writer.entry(
            actor=actor,
            now=now,
            action="organization.changed" if old else "organization.created",
            subject=f"organization:{key}",
            before=old.value if old else {},
            after=value,
        )
        return self._put(
            Setting(kind=KIND, id=key, version=expected_version + 1, value=value), expected_version, act
        )

    def _put(self, item: Setting, expected_version: int, act: AuditEntry) -> Organization:
        try:
            setting_table.put(item, expected_version=expected_version, also=[act])
        except VersionMoved as moved:
            raise StaleRecord from moved
        self._cache.drop(KIND)
        return Organization.from_model(item)

    def _kept(self) -> dict[str, Organization]:
        kept = self._cache.get(KIND)
        return self._cache.put(KIND, {each.id: each for each in self.stored()}) if kept is None else kept


def _clean_name(text: str, others: Iterable[Organization]) -> str:
    name = one_line(text[:1000])
    if not 1 <= len(name) <= 80:
        raise Invalid("A name has 1 to 80 characters.", {"name": "1 to 80 characters."})
    if any(each.name.casefold() == name.casefold() for each in others):
        raise Invalid("This name is taken.", {"name": "This name is taken."})
    return name


def _clean_domains(texts: Iterable[str], others: Iterable[Organization]) -> list[str]:
    """Spell domains as addresses have them, each once; raises Invalid."""
    try:
        found = sorted({normalize_domain(text.strip().removeprefix("@")) for text in texts if text.strip()})
    except Invalid as refused:
        raise Invalid(refused.message, {"domains": refused.message}) from refused
    if len(found) > DOMAINS:
        raise Invalid(f"At most {DOMAINS} domains.", {"domains": f"At most {DOMAINS} domains."})
    for each in others:
        taken = next((domain for domain in found if domain in each.domains), None)
        if taken:
            message = f"{taken} belongs to {each.name} already."
            raise Invalid(message, {"domains": message})
    return found
