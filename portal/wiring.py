"""From the settings to what the services need to know of them."""

import hashlib

from models.connection import ConnectionOptions
from portal.settings import Settings
from services.bootstrap import Options


def service_options(settings: Settings) -> Options:
    """Pick what the services need to know of the settings."""
    connection = ConnectionOptions(
        region=settings.aws_region, endpoint=settings.dynamodb_endpoint, prefix=settings.table_prefix
    )
    cursor_key = hashlib.sha256(b"cursors:" + settings.secret_key.encode()).digest()
    return Options(connection, settings.analytics_dir, cursor_key, settings.feed_shards)
