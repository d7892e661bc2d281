"""The registration policy: nobody, everybody, or people with an address at certain domains may register."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models import setting as setting_table
from models.setting import Setting
from models.store_errors import VersionMoved
from services.caching import ShortCache
from services.errors import Invalid
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.roles import RoleService
from services.users.identity.actor import Actor
from services.users.identity.names import normalize_domain
from services.users.identity.permissions import Permission
from services.users.identity.user_errors import StaleRecord

KIND, ID = "access", "registration"  # of the stored setting
MAX_DOMAINS = 100


class RegistrationMode(StrEnum):
    """Who may register without an administrator."""

    OFF = "off"
    ON = "on"
    DOMAINS = "domains"


@dataclass(frozen=True)
class RegistrationPolicy:
    """The policy as it is stored; `version` is 0 until somebody saves it."""

    version: int = 0
    registration: RegistrationMode = RegistrationMode.OFF
    domains: tuple[str, ...] = ()

    @classmethod
    def from_model(cls, item: Setting) -> "RegistrationPolicy":
        """Build the policy from the stored setting."""
        value = item.value
        return cls(int(item.version), RegistrationMode(value["registration"]), tuple(value["domains"]))

    @property
    def is_open(self) -> bool:
        """Tell whether anybody may register."""
        return self.registration is not RegistrationMode.OFF

    def admits(self, email: str) -> bool:
        """Tell whether the owner of a normalized address may register."""
        if self.registration is RegistrationMode.DOMAINS:
            return email.partition("@")[2] in self.domains
        return self.registration is RegistrationMode.ON


class RegistrationPolicyService:
    """Reads and saves the policy."""

    def __init__(
        self, *, roles: RoleService, audit_writer: AuditWriter, cache: ShortCache[str, RegistrationPolicy]
    ) -> None:
        self._roles, self._audit_writer, self._cache = roles, audit_writer, cache

    def get(self) -> RegistrationPolicy:
        """Return the policy, at most a few seconds old."""
        policy = self._cache.get(ID)
        return policy if policy is not None else self._cache.put(ID, self.stored())

    @staticmethod
    def stored() -> RegistrationPolicy:
        """Return the policy as it is stored now, to edit it or to decide by it."""
        item = setting_table.find(KIND, ID)
        return RegistrationPolicy.from_model(item) if item is not None else RegistrationPolicy()

    def save(
        self, *, actor: Actor, now: datetime, registration: str, domains: str, expected_version: int
    ) -> RegistrationPolicy:
        """Save a new policy; `domains` is text with one domain per line.

        Raises PermissionDenied, Invalid, and StaleRecord if somebody else has changed it.
        """
        self._roles.check_permission(actor=actor, permission=Permission.SETTING_EDIT)
        if registration not in list(RegistrationMode):
            raise Invalid("Choose who can register.", {"registration": "Choose one of these."})
        domain_list = _read(domains)
        if registration == RegistrationMode.DOMAINS and not domain_list:
            raise Invalid("A domain is missing.", {"domains": "Enter at least one domain."})
        old = self.stored()
        value = {"registration": str(registration), "domains": domain_list}
        item = Setting(kind=KIND, id=ID, version=expected_version + 1, value=value)
        audit_entry = self._audit_writer.entry(
            actor=actor,
            now=now,
            action="access.changed",
            subject=f"{KIND}:{ID}",
            before={"registration": str(old.registration), "domains": list(old.domains)},
            after=value,
        )
        try:
            setting_table.put(item, expected_version=expected_version, also=[audit_entry])
        except VersionMoved as moved:
            raise StaleRecord from moved
        self._cache.drop(ID)
        return RegistrationPolicy.from_model(item)


def _read(domains: str) -> list[str]:
    """Return the domains in a text, sorted and without duplicates, as in DNS; raises Invalid."""
    named = [word.removeprefix("@") for word in re.split(r"[\s,;]+", domains[:20_000]) if word]
    try:
        domain_list = sorted({normalize_domain(word) for word in named})
    except Invalid as refused:
        raise Invalid(refused.message, {"domains": refused.message}) from refused
    if len(domain_list) > MAX_DOMAINS:
        message = f"At most {MAX_DOMAINS} domains can be listed."
        raise Invalid(message, {"domains": message})
    return domain_list
