"""From the settings to what the services need to know of them."""

from datetime import UTC, datetime

from portal.config.settings import FAST, Settings
from services.mail import FolderMailer, Mailer, Security, Sender, SmtpMailer
from services.options import ConnectionOptions, Options
from services.users.sign_in import Provider


def service_options(settings: Settings) -> Options:
    """Pick what the services need to know of the settings."""
    connection = ConnectionOptions(
        region=settings.aws_region,
        endpoint=settings.dynamodb_endpoint,
        prefix=settings.table_prefix,
        fast_client=settings.dynamodb_client == FAST,
    )
    return Options(
        connection=connection,
        analytics_dir=settings.analytics_dir,
        secrets=tuple(key.encode() for key in (settings.secret_key, *settings.older_secret_keys)),
        mailer=_mailer(settings),
        base_url=settings.public_url,
        rejects_dir=settings.rejects_dir,
        shards=settings.feed_shards,
        providers=tuple(Provider(**vars(provider)) for provider in settings.providers),
        endless_tokens=settings.endless_tokens,
        customer_emails=settings.customer_emails,
        assign_on_reply=settings.assign_on_reply,
        own_addresses=frozenset({settings.mail_from.address, settings.reply_address}),
        tickets_per_hour=settings.tickets_per_hour,
    )


def _mailer(settings: Settings) -> Mailer:
    """Send over SMTP where a server is named, else into the mailbox folder."""
    sender = Sender(settings.mail_from, settings.mail_reply_to)
    if not settings.smtp_host:
        return FolderMailer(settings.mail_dir, sender, _now)
    return SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=sender,
        clock=_now,
        username=settings.smtp_username,
        password=settings.smtp_password,
        security=_security(settings),
        verify=settings.smtp_verify,
    )


def _security(settings: Settings) -> Security:
    if settings.smtp_tls:
        return Security.TLS
    return Security.STARTTLS if settings.smtp_starttls else Security.NONE


def _now() -> datetime:
    return datetime.now(UTC)
