"""`python -m portal.web.probe`: the container's health check, which loads nothing but the settings."""

import http.client
import sys

from portal.config.settings import Settings

PATIENCE = 4.0  # seconds; the image's HEALTHCHECK waits five


def is_alive(address: str, port: int) -> bool:
    """Ask the web process on this machine whether it serves requests."""
    connection = http.client.HTTPConnection(address, port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    settings = Settings.from_env()
    sys.exit(0 if is_alive(settings.local_address, settings.port) else 1)
