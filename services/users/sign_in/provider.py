"""An identity provider: its settings, and how its claims are read."""

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
    """What a provider says about a user; the address is set only if the provider has verified it."""

    subject: str
    name: str
    email: str | None
    groups: frozenset[str]
    stepped_up_at: datetime | None = None  # when the user last authenticated there, if the provider says so


@dataclass(frozen=True)
class Provider:
    """One provider; `roles` maps its groups to our roles, the first match wins."""

    id: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    domains: frozenset[str]
    addresses_verified: bool = False  # where the provider does not say it of each
    role_claim: str = "groups"
    roles: tuple[tuple[str, str], ...] = ()
    default_role: str = ""
    scopes: str = "openid email profile"

    def read(self, claims: Mapping[str, Any]) -> FederatedIdentity:
        """Read an identity from a provider's claims; raises ValueError without a usable subject."""
        subject = claims.get("sub")
        if (
            not isinstance(subject, str)
            or not 0 < len(subject) <= LONGEST_SUBJECT
            or not subject.isprintable()
        ):
            raise ValueError("no usable subject")
        groups = _groups_in(claims, self.role_claim)
        email = _email_in(claims, unless_said=self.addresses_verified)
        return FederatedIdentity(subject, _name_in(claims), email, groups, _stepped_up_at_in(claims))

    def identity(self, subject: str) -> str:
        """Return a user's identity as the account stores it."""
        return f"{self.id}|{subject}"

    def covers_domain(self, email: str) -> bool:
        """Tell whether this provider is trusted for a normalized address."""
        return ANY_DOMAIN in self.domains or email.rpartition("@")[2] in self.domains

    def mapped_role(self, groups: frozenset[str]) -> str | None:
        """Return the role of the first mapped group that the user is in."""
        return next((role for group, role in self.roles if group in groups), None)

    @property
    def closed(self) -> bool:
        """Tell whether only users in a mapped group may sign in."""
        return bool(self.roles) and not self.default_role


def _email_in(claims: Mapping[str, Any], *, unless_said: bool) -> str | None:
    """Return the address if the provider has verified it, `unless_said` if it says nothing about that.

    Some providers write true as text.
    """
    email, verified = claims.get("email"), claims.get("email_verified", unless_said)
    if not isinstance(email, str) or verified not in (True, "true"):
        return None
    try:
        return normalize_email(email)
    except Invalid:
        return None


def _name_in(claims: Mapping[str, Any]) -> str:
    parts = [claims.get("given_name"), claims.get("family_name")]
    whole = " ".join(part for part in parts if isinstance(part, str))
    candidates = (claims.get("name"), whole, claims.get("preferred_username"), claims.get("email"))
    names = (one_line(text[:1000])[:100].strip() for text in candidates if isinstance(text, str))
    return next((name for name in names if name), "")


def _stepped_up_at_in(claims: Mapping[str, Any]) -> datetime | None:
    at = claims.get("auth_time")
    if not isinstance(at, int | float) or isinstance(at, bool) or not 0 < at < LATEST:
        return None
    return datetime.fromtimestamp(at, UTC)


def _groups_in(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """Read a claim by its name or by a dotted path (Keycloak's realm_access.roles)."""
    value: Any = claims.get(claim)
    if value is None:
        value = claims
        for part in claim.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list) else [value]
    return frozenset(value for value in values if isinstance(value, str))
