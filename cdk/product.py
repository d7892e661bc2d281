"""What the stack has to know of the product; tests/cdk holds each of it against the product itself."""

from cdk.context import Stage

PORT = 8080
ALIVE, READY = "/healthz", "/readyz"
SESSION_COOKIE = "__Host-session"

# The grace that gunicorn.conf.py gives running requests is shorter than what the task is given to stop, and
# the balancer ends idle connections before gunicorn does: else it would now and then send a request into a
# connection that is just being closed.
STOP_SECONDS = 60
IDLE_SECONDS = 60

BUSY = 60  # per cent of a task's CPU: what is left takes the minutes until another task serves

SETUP = ["ledgerdesk", "setup"]
WEB = ["gunicorn", "wsgi:app"]
WORKER = ["ledgerdesk", "worker"]
PROBE = ["python", "-m", "portal.web.probe"]  # asks for ALIVE

DATA = "/data"  # where web and worker of one task share the columnar copy

# The settings that lie in the two secrets this stack makes and rotates.
KEY_SETTINGS = ("SECRET_KEY", "SECRET_KEY_FALLBACKS")
MAIL_SETTINGS = ("SMTP_USERNAME", "SMTP_PASSWORD")


def environment(stage: Stage) -> dict[str, str]:
    """Return the settings of all containers by their environment names, without the secret ones."""
    return {
        "ENVIRONMENT": "production",
        "AWS_REGION": stage.region,
        "TABLE_PREFIX": f"{stage.prefix}-",
        "PUBLIC_URL": f"https://{stage.domain}",
        "HOST": "0.0.0.0",  # noqa: S104 - inside the task's own network, behind its security group
        "PORT": str(PORT),
        "TRUSTED_PROXIES": "1",
        "WEB_WORKERS": str(stage.web_workers),
        "FEED_SHARDS": str(stage.feed_shards),
        "DATA_DIR": DATA,
        "MAIL_FROM": f"desk@{stage.domain}",
        "SMTP_HOST": f"email-smtp.{stage.region}.amazonaws.com",
        "SMTP_PORT": "587",
        "SMTP_STARTTLS": "1",
        **stage.settings,
    }


def secret_settings(stage: Stage) -> tuple[str, ...]:
    """Return the names of the settings whose values come from secrets."""
    return (*KEY_SETTINGS, *MAIL_SETTINGS, *stage.secrets)
