"""The settings: read from the environment once, checked, frozen. Nothing else reads the environment."""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

DEVELOPMENT, PRODUCTION = "development", "production"
PROVIDER_ID = re.compile(r"[a-z][a-z0-9]{0,19}")
DOMAIN = re.compile(r"[^\s@*/:]+\.[^\s@*/:]+")
SHORTEST_SECRET = 32  # characters
FAST, STOCK = "fast", "stock"  # DynamoDB clients


class SettingsError(ValueError):
    """A setting is missing or cannot be right; the message names it."""


@dataclass(frozen=True)
class ProviderSettings:
    """One provider of single sign-on, from the settings that begin with OIDC_ and its name."""

    id: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    domains: frozenset[str]
    role_claim: str
    roles: tuple[tuple[str, str], ...]
    default_role: str
    scopes: str


@dataclass(frozen=True)
class Settings:
    """How this instance runs. docs/operators.md describes each field under its environment name."""

    environment: str = DEVELOPMENT
    secret_key: str = field(default="", repr=False)
    older_secret_keys: tuple[str, ...] = field(default=(), repr=False)
    dynamodb_endpoint: str | None = "http://127.0.0.1:8081"
    dynamodb_client: str = FAST
    aws_region: str = "eu-central-1"
    table_prefix: str = "ledgerdesk-"
    data_dir: Path = Path("var/data")
    analytics_dir: Path = Path("var/data/analytics")
    host: str = "127.0.0.1"
    port: int = 8080
    engine_port: int = 8081
    embedded_engine: bool = True
    web_workers: int = 2
    feed_shards: int = 1
    demo_password: str | None = field(default=None, repr=False)
    secure_cookies: bool = False
    time_zone: str = "UTC"
    public_url: str = "http://127.0.0.1:8080"
    mail_dir: Path = Path("var/data/mail")
    mail_from: str = "desk@ledgerdesk.example"
    rejects_dir: Path = Path("var/rejects")
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_username: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_starttls: bool = True
    proxies: int = 0
    providers: tuple[ProviderSettings, ...] = ()
    endless_tokens: bool = False

    @property
    def is_production(self) -> bool:
        """Tell whether real people's data is here: no demo accounts, strict cookies."""
        return self.environment == PRODUCTION

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; raises SettingsError naming what is wrong."""
        env = os.environ if env is None else env
        environment = env.get("ENVIRONMENT", DEVELOPMENT)
        if environment not in (DEVELOPMENT, PRODUCTION):
            raise SettingsError("ENVIRONMENT must be development or production.")
        production = environment == PRODUCTION
        data_dir = Path(env.get("DATA_DIR", "var/data"))
        port = _port(env, "PORT", 8080)
        engine_port = _port(env, "ENGINE_PORT", 8081)
        endpoint = env.get("DYNAMODB_ENDPOINT")
        embedded = endpoint is None and not production
        return cls(
            environment=environment,
            secret_key=_secret(env, data_dir, production),
            older_secret_keys=_older_secrets(env),
            dynamodb_endpoint=f"http://127.0.0.1:{engine_port}" if embedded else endpoint or None,
            dynamodb_client=_dynamodb_client(env),
            aws_region=env.get("AWS_REGION", "eu-central-1"),
            table_prefix=env.get("TABLE_PREFIX", "ledgerdesk-"),
            data_dir=data_dir,
            analytics_dir=Path(env.get("ANALYTICS_DIR") or data_dir / "analytics"),
            host=env.get("HOST", "127.0.0.1"),
            port=port,
            engine_port=engine_port,
            embedded_engine=embedded,
            web_workers=_number(env, "WEB_WORKERS", 2, 1, 64),
            feed_shards=_number(env, "FEED_SHARDS", 1, 1, 32),
            demo_password=None if production else env.get("DEMO_PASSWORD") or None,
            secure_cookies=production,
            time_zone=_time_zone(env),
            public_url=_public_url(env, port, production),
            rejects_dir=Path(env.get("REJECTS_DIR", "var/rejects")),
            **_mail(env, data_dir),
            proxies=_number(env, "TRUSTED_PROXIES", 0, 0, 5),
            providers=_providers(env, production),
            endless_tokens=_number(env, "ENDLESS_TOKENS", 0, 0, 1) == 1,
        )


def _mail(env: Mapping[str, str], data_dir: Path) -> dict[str, Any]:
    """Read how letters leave the house."""
    return {
        "mail_dir": Path(env.get("MAIL_DIR") or data_dir / "mail"),
        "mail_from": env.get("MAIL_FROM", "desk@ledgerdesk.example"),
        "smtp_host": env.get("SMTP_HOST", ""),
        "smtp_port": _number(env, "SMTP_PORT", 587, 1, 65535),
        "smtp_username": env.get("SMTP_USERNAME", ""),
        "smtp_password": env.get("SMTP_PASSWORD", ""),
        "smtp_starttls": _number(env, "SMTP_STARTTLS", 1, 0, 1) == 1,
    }


def _dynamodb_client(env: Mapping[str, str]) -> str:
    name = env.get("DYNAMODB_CLIENT", FAST)
    if name not in (FAST, STOCK):
        raise SettingsError(f"DYNAMODB_CLIENT must be {FAST} or {STOCK}, not {name!r}.")
    return name


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, str(default))
    if not text.isdecimal() or len(text) > 9 or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be a number from {low} to {high}, not {text!r}.")
    return int(text)


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    return _number(env, name, default, 1, 65535)


def _public_url(env: Mapping[str, str], port: int, production: bool) -> str:
    """Take the address that links in mails begin with; a request's Host header is never asked."""
    url = env.get("PUBLIC_URL", "").rstrip("/") or ("" if production else f"http://127.0.0.1:{port}")
    parts = urlsplit(url)
    scheme_fits = parts.scheme == "https" or (parts.scheme == "http" and not production)
    if not scheme_fits or not parts.netloc or parts.path or parts.query or parts.username:
        raise SettingsError("PUBLIC_URL must be an address such as https://help.example.org.")
    return url


def _providers(env: Mapping[str, str], production: bool) -> tuple[ProviderSettings, ...]:
    """Read each provider that OIDC_PROVIDERS names, in that order."""
    ids = _list(env, "OIDC_PROVIDERS")
    if not all(PROVIDER_ID.fullmatch(id_) for id_ in ids) or len(set(ids)) < len(ids):
        raise SettingsError("OIDC_PROVIDERS must be different names such as corp,partner: a to z and 0 to 9.")
    return tuple(_provider(env, id_, f"OIDC_{id_.upper()}_", production) for id_ in ids)


def _provider(env: Mapping[str, str], id_: str, prefix: str, production: bool) -> ProviderSettings:
    issuer = env.get(f"{prefix}ISSUER", "")
    parts = urlsplit(issuer)
    fits = parts.scheme == "https" or (parts.scheme == "http" and not production)
    if not fits or not parts.netloc or parts.query or parts.fragment or parts.username:
        raise SettingsError(f"{prefix}ISSUER must be an address such as https://login.example.org.")
    given = {name: env.get(f"{prefix}{name}", "") for name in ("CLIENT_ID", "CLIENT_SECRET")}
    for name, value in given.items():
        if not value:
            raise SettingsError(f"{prefix}{name} is missing.")
    domains = frozenset(domain.casefold() for domain in _list(env, f"{prefix}DOMAINS"))
    if not domains or any(domain != "*" and not DOMAIN.fullmatch(domain) for domain in domains):
        raise SettingsError(f"{prefix}DOMAINS must list domains such as example.org,example.net, or be *.")
    pairs = [pair.rpartition("=") for pair in _list(env, f"{prefix}ROLES")]
    if not all(group.strip() and role.strip() for group, _, role in pairs):
        raise SettingsError(f"{prefix}ROLES must list pairs such as helpdesk=agent,visitors=customer.")
    return ProviderSettings(
        id=id_,
        label=env.get(f"{prefix}LABEL", "").strip() or id_.capitalize(),
        issuer=issuer,
        client_id=given["CLIENT_ID"],
        client_secret=given["CLIENT_SECRET"],
        domains=domains,
        role_claim=env.get(f"{prefix}ROLE_CLAIM", "").strip() or "groups",
        roles=tuple((group.strip(), role.strip()) for group, _, role in pairs),
        default_role=env.get(f"{prefix}DEFAULT_ROLE", "").strip(),
        scopes=_scopes(env, f"{prefix}SCOPES"),
    )


def _scopes(env: Mapping[str, str], name: str) -> str:
    scopes = env.get(name, "").split() or ["openid", "email", "profile"]
    if "openid" not in scopes:
        raise SettingsError(f"{name} must contain openid.")
    return " ".join(scopes)


def _list(env: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in env.get(name, "").split(",") if part.strip()]


def _time_zone(env: Mapping[str, str]) -> str:
    name = env.get("TIME_ZONE", "UTC")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise SettingsError(f"TIME_ZONE must be a name such as Europe/Berlin, not {name!r}.") from error
    return name


def _older_secrets(env: Mapping[str, str]) -> tuple[str, ...]:
    """Take the keys whose signatures and seals stay good beside SECRET_KEY."""
    keys = tuple(filter(None, (key.strip() for key in env.get("SECRET_KEY_FALLBACKS", "").split(","))))
    if any(len(key) < SHORTEST_SECRET for key in keys):
        raise SettingsError(f"SECRET_KEY_FALLBACKS must be keys of at least {SHORTEST_SECRET} characters.")
    return keys


def _secret(env: Mapping[str, str], data_dir: Path, production: bool) -> str:
    """Take SECRET_KEY, or make one beside the data in development, so that cookies survive a restart."""
    given = env.get("SECRET_KEY", "")
    if given or production:
        if len(given) < SHORTEST_SECRET:
            raise SettingsError(f"SECRET_KEY must have at least {SHORTEST_SECRET} characters.")
        return given
    kept = data_dir / "secret-key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not kept.exists():
            # Written beside and linked into place, so that nobody ever reads half a key.
            made = data_dir / f"secret-key.{os.getpid()}"
            made.touch(mode=0o600)
            made.write_text(secrets.token_urlsafe(48))
            with suppress(FileExistsError):
                os.link(made, kept)
            made.unlink()
        return kept.read_text()
    except OSError as error:
        raise SettingsError(f"DATA_DIR {data_dir} cannot be used: {error.strerror}.") from error
