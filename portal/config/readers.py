"""What settings can be: numbers, folders, addresses, keys, lists. Each reader names what is wrong."""

import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import HeaderRegistry
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from portal.config.definition import Given, SettingsError
from services.errors import Invalid
from services.mail import PRODUCT, Mailbox
from services.users.identity import normalize_email

DEVELOPMENT, PRODUCTION = "development", "production"
SHORTEST_SECRET = 32  # characters
IMPLICIT_TLS_PORT = 465
HEADERS = HeaderRegistry()
EMBEDDED = "embedded"
ENGINE_SOCKET = "engine.sock"


@dataclass(frozen=True)
class ListeningAddress:
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        """Write it as the environment spells it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def choice(*values: str) -> Callable[[Given], str]:
    """Read one of some words."""

    def read(given: Given) -> str:
        if given.text not in values:
            raise SettingsError(f"{given.name} must be {' or '.join(values)}.")
        return given.text

    return read


def number(low: int, high: int) -> Callable[[Given], int]:
    """Read a whole number within bounds."""

    def read(given: Given) -> int:
        text = given.text or ""
        if not text.isdecimal() or len(text) > 9 or not low <= int(text) <= high:
            raise SettingsError(f"{given.name} must be a number from {low} to {high}, not {text!r}.")
        return int(text)

    return read


PORT = number(1, 65535)


def host(given: Given) -> str:
    """Read an address or name to listen on, an IPv6 address with or without brackets."""
    name = (given.text or "").removeprefix("[").removesuffix("]")
    if not name or not re.fullmatch(r"[\w.:%-]+", name):
        raise SettingsError(f"{given.name} must be an address such as 127.0.0.1, not {given.text!r}.")
    return name


def is_loopback(name: str) -> bool:
    """Tell whether a host, as an address or a name, is this machine alone."""
    try:
        return ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def local_address(listening: str) -> str:
    """Return the address by which this machine reaches a server: all addresses include loopback."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listening, listening)  # noqa: S104 - compared, not listened on


def http_url(name: str, port: int) -> str:
    """Write the URL of a server."""
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def switch(given: Given) -> bool:
    """Read 1 as on and 0 as off."""
    return number(0, 1)(given) == 1


def folder(given: Given) -> Path:
    """Read a path."""
    return Path(given.text or "")


def below_data_dir(name: str) -> Callable[[Given], Path]:
    """Read a path that lies in the data folder unless another is given."""
    return lambda given: Path(given.text) if given.text else Path(given.before["data_dir"]) / name


def listed(given: Given) -> list[str]:
    """Read words separated by commas."""
    return [part.strip() for part in (given.text or "").split(",") if part.strip()]


def is_production(given: Given) -> bool:
    """Tell whether the settings read so far are those of production."""
    return bool(given.before["environment"] == PRODUCTION)


def secure_address(given: Given, text: str) -> SplitResult | None:
    """Split an address of http or https, in production https alone; None when it is none or holds a login."""
    parts = urlsplit(text)
    fits = parts.scheme == "https" or (parts.scheme == "http" and not is_production(given))
    return parts if fits and parts.netloc and not parts.query and not parts.username else None


def public_url(given: Given) -> str:
    """Read the address that links in e-mails begin with; a request's Host header is never asked."""
    url = (given.text or "").rstrip("/")
    if not url and not is_production(given):
        url = http_url(local_address(given.before["host"]), given.before["port"])
    parts = secure_address(given, url)
    if parts is None or parts.path:
        raise SettingsError(f"{given.name} must be an address such as https://help.example.org.")
    return url


def embedded_endpoint(data_dir: Path) -> str:
    """Return the address of the embedded engine on a data folder: the Unix socket in it."""
    return f"unix:{data_dir.absolute() / ENGINE_SOCKET}"


def endpoint(given: Given) -> str | None:
    """Read the engine's address: the embedded engine's where none is given, in production Amazon's own (None)."""
    text = EMBEDDED if given.text is None and not is_production(given) else given.text
    if text == EMBEDDED:
        return embedded_endpoint(given.before["data_dir"])
    if text and not text.startswith(("http://", "https://", "unix:/")):
        raise SettingsError(f"{given.name} must be {EMBEDDED}, or begin with http://, https:// or unix:/.")
    return text or None


def outside_production(given: Given) -> str | None:
    """Read a text that production ignores."""
    return None if is_production(given) else given.text or None


def mailbox(given: Given) -> Mailbox:
    """Read an e-mail address with or without a name in front, such as `Help desk <desk@example.org>`."""
    text = given.text or ""
    header: Any = HEADERS("From", text)
    try:
        if header.defects or not text.isprintable():
            raise ValueError(header.defects)
        (group,) = header.groups
        if group.display_name is not None:  # a list with a name, not an address with one
            raise ValueError(group)
        (address,) = group.addresses
        return Mailbox(normalize_email(address.addr_spec), address.display_name or PRODUCT)
    except (ValueError, Invalid) as error:
        raise SettingsError(
            f"{given.name} must be an address such as desk@example.org or Help desk <desk@example.org>,"
            f" not {text!r}."
        ) from error


def reply_mailbox(given: Given) -> Mailbox | None:
    """Read where replies go; None where they go to the sender."""
    return mailbox(given) if given.text else None


def listening_address(given: Given) -> ListeningAddress | None:
    """Read a host and a port to listen on, such as 127.0.0.1:2525 or [::1]:2525; None where none is given."""
    text = given.text or ""
    host, _, port = text.rpartition(":")
    if not text:
        return None
    try:
        address = str(ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError as error:
        raise SettingsError(
            f"{given.name} must be an address such as 127.0.0.1:2525, not {text!r}."
        ) from error
    return ListeningAddress(address, PORT(Given(given.name, port, given.env, given.before)))


def implicit_tls(given: Given) -> bool:
    """Read whether the line is encrypted from the first byte, as on port 465."""
    return switch(given) if given.text else given.before["smtp_port"] == IMPLICIT_TLS_PORT


def time_zone(given: Given) -> str:
    """Read the name of a zone."""
    name = given.text or ""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise SettingsError(f"{given.name} must be a name such as Europe/Berlin, not {name!r}.") from error
    return name


def older_keys(given: Given) -> tuple[str, ...]:
    """Read the keys whose signatures and encryption stay good beside the first one."""
    keys = tuple(listed(given))
    if any(len(key) < SHORTEST_SECRET for key in keys):
        raise SettingsError(f"{given.name} must be keys of at least {SHORTEST_SECRET} characters.")
    return keys


def secret_key(given: Given) -> str:
    """Read the key, or make one in the data folder in development, so that cookies survive a restart."""
    if given.text or is_production(given):
        key = given.text or ""
        if len(key) < SHORTEST_SECRET:
            raise SettingsError(f"{given.name} must have at least {SHORTEST_SECRET} characters.")
        return key
    data_dir: Path = given.before["data_dir"]
    file = data_dir / "secret-key"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            # Written beside and linked into place, so that nobody ever reads half a key.
            draft = data_dir / f"secret-key.{os.getpid()}"
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(48))
            with suppress(FileExistsError):
                os.link(draft, file)
            draft.unlink()
        return file.read_text()
    except OSError as error:
        raise SettingsError(f"DATA_DIR {data_dir} cannot be used: {error.strerror}.") from error
