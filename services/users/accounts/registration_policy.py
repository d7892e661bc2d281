"""Who may make an account of their own: nobody, everybody, or those with an address at certain domains."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models import setting as setting_table
from models.errors import VersionMoved
from models.setting import Setting
from services.caching import ShortCache
from services.errors import Invalid
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.roles import RoleService
from services.users.identity.actor import Actor
from services.users.identity.names import normalize_domain
from services.users.identity.permissions import Permission
from services.users.identity.user_errors import StaleRecord

KIND, ID = "access", "registration"
MOST_DOMAINS = 100


class Registration(StrEnum):
    """Whose accounts are made without an administrator."""

    OFF = "off"
    ON = "on"
    DOMAINS = "domains"


@dataclass(frozen=True)
class Access:
    """The rules as they are kept; `version` is 0 until somebody saves them."""

    version: int = 0
    registration: Registration = Registration.OFF
    domains: tuple[str, ...] = ()

    @classmethod
    def from_model(cls, item: Setting) -> "Access":
        """Take over what is stored."""
        value = item.value
        return cls(int(item.version), Registration(value["registration"]), tuple(value["domains"]))

    @property
    def is_open(self) -> bool:
        """Tell whether anybody may make an account."""
        return self.registration is not Registration.OFF

    def admits(self, email: str) -> bool:
        """Tell whether the owner of a normalized address may make an account."""
        if self.registration is Registration.DOMAINS:
            return email.partition("@")[2] in self.domains
        return self.registration is Registration.ON


class RegistrationPolicyService:
    """Keeps the rules."""

    def __init__(
        self, *, roles: RoleService, audit_writer: AuditWriter, cache: ShortCache[str, Access]
    ) -> None:
        self._roles, self._audit_writer, self._cache = roles, audit_writer, cache

    def get(self) -> Access:
        """Return the rules, at most a few seconds old."""
        kept = self._cache.get(ID)
        return kept if kept is not None else self._cache.put(ID, self.stored())

    @staticmethod
    def stored() -> Access:
        """Return the rules as they are stored now, for whoever keeps them or acts on them."""
        item = setting_table.find(KIND, ID)
        return Access.from_model(item) if item is not None else Access()

    def save(
        self, *, actor: Actor, now: datetime, registration: str, domains: str, expected_version: int
    ) -> Access:
        """Keep new rules; `domains` is text, a domain on each line.

        Raises PermissionDenied, Invalid, and StaleRecord when somebody changed them meanwhile.
        """
        self._roles.check_permission(actor=actor, permission=Permission.SETTING_EDIT)
        if registration not in list(Registration):
            raise Invalid("Choose who may make an account.", {"registration": "Choose one of these."})
        listed = _read(domains)
        if registration == Registration.DOMAINS and not listed:
            raise Invalid("A domain is missing.", {"domains": "Name at least one domain."})
        old = self.stored()
        value = {"registration": str(registration), "domains": listed}
        item = Setting(kind=KIND, id=ID, version=expected_version + 1, value=value)
        act = self._audit_writer.entry(
            actor=actor,
            now=now,
            action="access.changed",
            subject=f"{KIND}:{ID}",
            before={"registration": str(old.registration), "domains": list(old.domains)},
            after=value,
        )
        try:
            setting_table.put(item, expected_version=expected_version, also=[act])
        except VersionMoved as moved:
            raise StaleRecord from moved
        self._cache.drop(ID)
        return Access.from_model(item)


def _read(domains: str) -> list[str]:
    """Return the domains that a text names, each once, as DNS spells them; raises Invalid."""
    named = [word.removeprefix("@") for word in re.split(r"[\s,;]+", domains[:20_000]) if word]
    try:
        listed = sorted({normalize_domain(word) for word in named})
    except Invalid as refused:
        raise Invalid(refused.message, {"domains": refused.message}) from refused
    if len(listed) > MOST_DOMAINS:
        message = f"At most {MOST_DOMAINS} domains can be listed."
        raise Invalid(message, {"domains": message})
    return listed
