"""The settings: read from the environment once, checked, frozen. Nothing else reads the environment.

One field below is all there is to a setting: its name in the environment, how it is read, its default and its line
in docs/operators.md, which `ledgerdesk config list --markdown` prints.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.config import readers
from portal.config.definition import SettingsError, read_fields, setting
from portal.config.providers import ProviderSettings, providers
from portal.config.readers import DEVELOPMENT, PRODUCTION
from services.mail import Mailbox

FAST, STOCK = "fast", "stock"  # DynamoDB clients

BAD_SETTING = 2  # exit code

__all__ = ["DEVELOPMENT", "PRODUCTION", "ProviderSettings", "Settings", "SettingsError", "settings_or_exit"]


@dataclass(frozen=True)
class Settings:
    """How this instance runs; a reader sees the fields above its own."""

    environment: str = setting(
        "ENVIRONMENT",
        "`production` switches demo accounts off, requires a `SECRET_KEY` and makes cookies TLS-only",
        read=readers.choice(DEVELOPMENT, PRODUCTION),
        default=DEVELOPMENT,
    )
    data_dir: Path = setting(
        "DATA_DIR", "the embedded engine's file and its lock", read=readers.folder, default="var/data"
    )
    secret_key: str = setting(
        "SECRET_KEY",
        "signs and encrypts; at least 32 characters; required in production",
        read=readers.secret_key,
        initial="",
        shown="generated once in the data folder",
        secret=True,
    )
    older_secret_keys: tuple[str, ...] = setting(
        "SECRET_KEY_FALLBACKS",
        "older or newer keys, separated by commas, that are accepted too: see below",
        read=readers.older_keys,
        secret=True,
    )
    host: str = setting(
        "HOST", "the address the web process listens on", read=readers.host, default="127.0.0.1"
    )
    port: int = setting("PORT", "its port", read=readers.PORT, default="8080")
    dynamodb_endpoint: str | None = setting(
        "DYNAMODB_ENDPOINT",
        "`embedded`, or another engine's address; empty in production means Amazon DynamoDB",
        read=readers.endpoint,
        default=None,
        initial=readers.embedded_endpoint(Path("var/data")),
        shown="the embedded engine",
    )
    dynamodb_client: str = setting(
        "DYNAMODB_CLIENT",
        "`stock` uses PynamoDB and botocore as they come: slower, for when the"
        " [fast client](../dynamodb_client/README.md) is suspected of an error",
        read=readers.choice(FAST, STOCK),
        default=FAST,
    )
    aws_region: str = setting("AWS_REGION", "the region of Amazon DynamoDB", default="eu-central-1")
    table_prefix: str = setting(
        "TABLE_PREFIX",
        "the prefix of every table's name, so that environments can share an account",
        default="ledgerdesk-",
    )
    analytics_dir: Path = setting(
        "ANALYTICS_DIR",
        "the columnar copy of the ledger",
        read=readers.below_data_dir("analytics"),
        initial=Path("var/data/analytics"),
        shown="`DATA_DIR/analytics`",
    )
    web_workers: int = setting("WEB_WORKERS", "web processes", read=readers.number(1, 64), default="2")
    feed_shards: int = setting(
        "FEED_SHARDS",
        "partitions of the change feed and of the list of all tickets; fixed once there is data",
        read=readers.number(1, 32),
        default="1",
    )
    demo_password: str | None = setting(
        "DEMO_PASSWORD",
        "the password of the demo accounts; ignored in production",
        read=readers.outside_production,
        initial=None,
        shown="generated once in `var/demo-password`",
        secret=True,
    )
    public_url: str = setting(
        "PUBLIC_URL",
        "what links in emails begin with; `https://` and required in production",
        read=readers.public_url,
        initial="http://127.0.0.1:8080",
        shown="`http://HOST:PORT`",
    )
    proxies: int = setting(
        "TRUSTED_PROXIES",
        "number of proxies in front of the web process that add `X-Forwarded-For`; 1 behind a load balancer",
        read=readers.number(0, 5),
        default="0",
    )
    mail_from: Mailbox = setting(
        "MAIL_FROM",
        "the sender of emails, with or without a name: `Help desk <desk@example.org>`",
        read=readers.mailbox,
        default="desk@ledgerdesk.example",
    )
    mail_reply_to: Mailbox | None = setting(
        "MAIL_REPLY_TO",
        "where replies to emails go: see [replies](#replies-to-emails)",
        read=readers.reply_mailbox,
        initial=None,
        shown="`MAIL_FROM`",
    )
    mail_reply_listen: readers.ListeningAddress | None = setting(
        "MAIL_REPLY_LISTEN",
        "where the worker takes replies from your mail server, such as `127.0.0.1:2525`: see"
        " [replies](#replies-to-emails); empty means not at all",
        read=readers.listening_address,
    )
    customer_emails: bool = setting(
        "CUSTOMER_EMAILS",
        "`0` sends customers no email when their tickets are received, answered and solved",
        read=readers.switch,
        default="1",
    )
    assign_on_reply: bool = setting(
        "ASSIGN_ON_REPLY",
        "`0` leaves a ticket that nobody has unassigned when an agent replies to it",
        read=readers.switch,
        default="1",
    )
    mail_dir: Path = setting(
        "MAIL_DIR",
        "where emails are written while `SMTP_HOST` is empty",
        read=readers.below_data_dir("mail"),
        initial=Path("var/data/mail"),
        shown="`DATA_DIR/mail`",
    )
    rejects_dir: Path = setting(
        "REJECTS_DIR",
        "where imports list rejected rows; erasures clean these files too",
        read=readers.folder,
        default="var/rejects",
    )
    smtp_host: str = setting("SMTP_HOST", "the server that sends emails")
    smtp_port: int = setting("SMTP_PORT", "its port", read=readers.PORT, default="587")
    smtp_username: str = setting("SMTP_USERNAME", "how to sign in there; empty means not at all")
    smtp_password: str = setting("SMTP_PASSWORD", "the password for it", secret=True)
    smtp_starttls: bool = setting(
        "SMTP_STARTTLS",
        "`0` sends over an unencrypted connection: for a server on the same machine",
        read=readers.switch,
        default="1",
    )
    smtp_tls: bool = setting(
        "SMTP_TLS",
        "`1` encrypts from the first byte instead of by STARTTLS",
        read=readers.implicit_tls,
        initial=False,
        shown="`1` on port 465, else `0`",
    )
    smtp_verify: bool = setting(
        "SMTP_VERIFY",
        "`0` accepts any certificate of the mail server; to trust an authority of your own, name its file in"
        " `SSL_CERT_FILE` instead",
        read=readers.switch,
        default="1",
    )
    providers: tuple[ProviderSettings, ...] = setting(
        "OIDC_PROVIDERS",
        "providers for single sign-on, such as `corp,partner`: see [below](#single-sign-on)",
        read=providers,
        initial=(),
    )
    endless_tokens: bool = setting(
        "ENDLESS_TOKENS",
        "`1` lets users create [API tokens](api.md) that do not expire",
        read=readers.switch,
        default="0",
    )
    tickets_per_hour: int = setting(
        "TICKETS_PER_HOUR",
        "how many tickets one person may open in an hour, on pages and by the API together; `0` means any number",
        read=readers.number(0, 1_000_000),
        default="100",
    )
    time_zone: str = setting(
        "TIME_ZONE", "the time zone in which dates and times are shown", read=readers.time_zone, default="UTC"
    )

    @property
    def is_production(self) -> bool:
        """Tell whether real people's data is here: no demo accounts, strict cookies."""
        return self.environment == PRODUCTION

    @property
    def local_address(self) -> str:
        """Return the address under which this machine reaches the web process."""
        return readers.local_address(self.host)

    @property
    def local_url(self) -> str:
        """Return the web process's URL on this machine."""
        return readers.http_url(self.local_address, self.port)

    @property
    def is_exposed(self) -> bool:
        """Tell whether development, with its demo accounts and mailbox, listens to other machines."""
        return not self.is_production and not readers.is_loopback(self.host)

    @property
    def embedded_engine(self) -> bool:
        """Tell whether the data is in the embedded engine, which `make run` then starts."""
        return self.dynamodb_endpoint == readers.embedded_endpoint(self.data_dir)

    @property
    def secure_cookies(self) -> bool:
        """Tell whether cookies are for TLS alone."""
        return self.is_production

    @property
    def reply_address(self) -> str:
        """Return the address that replies to e-mails go to."""
        return (self.mail_reply_to or self.mail_from).address

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; raises SettingsError naming what is wrong."""
        env = os.environ if env is None else env
        return cls(**read_fields(cls, env))


def settings_or_exit() -> Settings:
    """Read the settings where a process starts: a wrong one is a line on stderr and exit code 2."""
    try:
        return Settings.from_env()
    except SettingsError as error:
        sys.stderr.write(f"ledgerdesk: {error}\n")
        sys.exit(BAD_SETTING)
