"""A provider that signs people in for us, and what its word is worth here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.errors import Invalid
from services.text import one_line
from services.users.identity.names import normalize_email

ANY_DOMAIN = "*"
LATEST = 2**35  # a time in seconds that every calendar has
LONGEST_SUBJECT = 255  # OpenID Connect's own limit


@dataclass(frozen=True)
class FederatedIdentity:
    """What a provider says of a person; the address is there only when it says that it checked it."""

    subject: str
    name: str
    email: str | None
    groups: frozenset[str]
    stepped_up_at: datetime | None = None  # when the person last showed the provider who they are, if it says


@dataclass(frozen=True)
class Provider:
    """One provider; `roles` maps its groups to our roles, the first that fits wins."""

    id: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    domains: frozenset[str]
    role_claim: str = "groups"
    roles: tuple[tuple[str, str], ...] = ()
    default_role: str = ""
    scopes: str = "openid email profile"

    def read(self, claims: Mapping[str, Any]) -> FederatedIdentity:
        """Take what concerns us out of a provider's claims; raises ValueError without a usable subject."""
        subject = claims.get("sub")
        if (
            not isinstance(subject, str)
            or not 0 < len(subject) <= LONGEST_SUBJECT
            or not subject.isprintable()
        ):
            raise ValueError("no usable subject")
        groups = _groups_in(claims, self.role_claim)
        return FederatedIdentity(subject, _name_in(claims), _email_in(claims), groups, _proof_in(claims))

    def identity(self, subject: str) -> str:
        """Name a person of this provider as the account keeps it."""
        return f"{self.id}|{subject}"

    def covers_domain(self, email: str) -> bool:
        """Tell whether this provider's word counts for a normalized address."""
        return ANY_DOMAIN in self.domains or email.rpartition("@")[2] in self.domains

    def mapped_role(self, groups: frozenset[str]) -> str | None:
        """Return the role of the first group in the mapping that the person is in."""
        return next((role for group, role in self.roles if group in groups), None)

    @property
    def closed(self) -> bool:
        """Tell whether only people in a mapped group may come in."""
        return bool(self.roles) and not self.default_role


def _email_in(claims: Mapping[str, Any]) -> str | None:
    """Return the address the provider has checked; some providers write true as text."""
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") not in (True, "true"):
        return None
    try:
        return normalize_email(email)
    except Invalid:
        return None


def _name_in(claims: Mapping[str, Any]) -> str:
    parts = [claims.get("given_name"), claims.get("family_name")]
    whole = " ".join(part for part in parts if isinstance(part, str))
    tried = (claims.get("name"), whole, claims.get("preferred_username"), claims.get("email"))
    found = (one_line(text[:1000])[:100].strip() for text in tried if isinstance(text, str))
    return next((name for name in found if name), "")


def _proof_in(claims: Mapping[str, Any]) -> datetime | None:
    at = claims.get("auth_time")
    if not isinstance(at, int | float) or isinstance(at, bool) or not 0 < at < LATEST:
        return None
    return datetime.fromtimestamp(at, UTC)


def _groups_in(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """Read a claim by its name, or along the dots in it (Keycloak's realm_access.roles)."""
    value: Any = claims.get(claim)
    if value is None:
        value = claims
        for part in claim.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    several = value if isinstance(value, list) else [value]
    return frozenset(one for one in several if isinstance(one, str))
