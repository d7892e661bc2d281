"""The settings of each provider of single sign-on."""

import re
from dataclasses import dataclass

from portal.config.definition import Given, SettingsError, read_fields, setting
from portal.config.readers import listed, secure_address, switch
from services.errors import Invalid
from services.users.identity import normalize_domain

PROVIDER_ID = re.compile(r"[a-z][a-z0-9]{0,19}")


def prefix_of(provider_id: str) -> str:
    """Return what the names of a provider's settings begin with."""
    return f"OIDC_{provider_id.upper()}_"


def _issuer(given: Given) -> str:
    text = given.text or ""
    parts = secure_address(given, text)
    if parts is None or parts.fragment:
        raise SettingsError(f"{given.name} must be an address such as https://login.example.org.")
    return text


def _required(given: Given) -> str:
    if not given.text:
        raise SettingsError(f"{given.name} is missing.")
    return given.text


def _domains(given: Given) -> frozenset[str]:
    try:
        domains = frozenset(each if each == "*" else normalize_domain(each) for each in listed(given))
    except Invalid as refused:
        raise SettingsError(f"{given.name}: {refused.message}") from refused
    if not domains:
        raise SettingsError(f"{given.name} must list domains such as example.org,example.net, or be *.")
    return domains


def _addresses_verified(given: Given) -> bool:
    verified = switch(given)
    if verified and "*" in given.before["domains"]:
        raise SettingsError(
            f"{given.name} needs {given.name.removesuffix('ADDRESSES_VERIFIED')}DOMAINS to list domains."
        )
    return verified


def _label(given: Given) -> str:
    return (given.text or "").strip() or str(given.before["id"]).capitalize()


def _roles(given: Given) -> tuple[tuple[str, str], ...]:
    pairs = [pair.rpartition("=") for pair in listed(given)]
    if not all(group.strip() and role.strip() for group, _, role in pairs):
        raise SettingsError(f"{given.name} must list pairs such as helpdesk=agent,visitors=customer.")
    return tuple((group.strip(), role.strip()) for group, _, role in pairs)


def _role_claim(given: Given) -> str:
    return (given.text or "").strip() or "groups"


def _default_role(given: Given) -> str:
    return (given.text or "").strip()


def _scopes(given: Given) -> str:
    scopes = (given.text or "").split() or ["openid", "email", "profile"]
    if "openid" not in scopes:
        raise SettingsError(f"{given.name} must contain openid.")
    return " ".join(scopes)


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """One provider of single sign-on, from the settings that begin with OIDC_ and its name."""

    id: str
    issuer: str = setting(
        "ISSUER",
        "the issuer, exactly as in the provider's discovery document; `https://` in production",
        read=_issuer,
        initial="",
        shown="required",
    )
    client_id: str = setting(
        "CLIENT_ID", "the client ID that is registered there", read=_required, initial="", shown="required"
    )
    client_secret: str = setting(
        "CLIENT_SECRET",
        "the secret of this client ID",
        read=_required,
        initial="",
        shown="required",
        secret=True,
    )
    domains: frozenset[str] = setting(
        "DOMAINS",
        "the email domains it may sign in, such as `corp.example,corp.test`; `*` for all",
        read=_domains,
        initial=frozenset(),
        shown="required",
    )
    addresses_verified: bool = setting(
        "ADDRESSES_VERIFIED",
        "`1` trusts addresses of a provider that does not send `email_verified`, in its domains: "
        "see [below](#single-sign-on)",
        read=_addresses_verified,
        default="0",
    )
    label: str = setting(
        "LABEL",
        "the name on the button: Continue with ...",
        read=_label,
        initial="",
        shown="the name, capitalized",
    )
    roles: tuple[tuple[str, str], ...] = setting(
        "ROLES",
        "which group gets which role, such as `helpdesk-admins=administrator,helpdesk=agent`; "
        "the first match wins",
        read=_roles,
    )
    role_claim: str = setting(
        "ROLE_CLAIM",
        "the claim that lists the groups; dots lead into it, as in `realm_access.roles`",
        read=_role_claim,
        default="groups",
    )
    default_role: str = setting(
        "DEFAULT_ROLE",
        "the role of new users who are in none of these groups; if empty, they are refused",
        read=_default_role,
    )
    scopes: str = setting(
        "SCOPES",
        "the scopes to request; some providers also need `groups`",
        read=_scopes,
        default="openid email profile",
    )


def providers(given: Given) -> tuple[ProviderSettings, ...]:
    """Read each provider that the setting names, in that order."""
    ids = listed(given)
    if not all(PROVIDER_ID.fullmatch(id_) for id_ in ids) or len(set(ids)) < len(ids):
        raise SettingsError(f"{given.name} must be different names such as corp,partner: a to z and 0 to 9.")
    return tuple(_provider(given, id_) for id_ in ids)


def _provider(given: Given, id_: str) -> ProviderSettings:
    environment = given.before["environment"]
    values = read_fields(ProviderSettings, given.env, prefix=prefix_of(id_), id=id_, environment=environment)
    del values["environment"]
    return ProviderSettings(**values)
