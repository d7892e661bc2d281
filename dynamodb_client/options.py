"""How to reach DynamoDB, or an engine that speaks its protocol."""

from dataclasses import dataclass

UNIX = "unix:"  # what the endpoint begins with where a Unix socket leads to the engine


@dataclass(frozen=True)
class ConnectionOptions:
    """Say where the tables are, how patient to be and which client to use; times in seconds.

    `endpoint` None is Amazon DynamoDB with the default credential chain; `unix:/folder/engine.sock` is an engine
    behind a Unix socket (unix_socket.py). `max_attempts` counts the
    first one. `pool_size` is how many connections are kept open: at least the number of threads.
    `fast_client` False uses PynamoDB and botocore as they come; see README.md.
    """

    region: str
    endpoint: str | None
    prefix: str
    pool_size: int = 32
    connect_timeout: float = 1
    read_timeout: float = 5
    max_attempts: int = 4
    fast_client: bool = True

    @property
    def plain_http(self) -> bool:
        """Tell whether the endpoint is an engine without TLS: nearby, and without real credentials."""
        return self.url is not None and self.url.startswith("http://")

    @property
    def socket_path(self) -> str | None:
        """Return the path of the Unix socket that leads to the engine, None where none does."""
        endpoint = self.endpoint or ""
        return endpoint.removeprefix(UNIX) if endpoint.startswith(UNIX) else None

    @property
    def url(self) -> str | None:
        """Return the address that requests name."""
        return self.endpoint if self.socket_path is None else "http://localhost"

    @property
    def own_transport(self) -> bool:
        """Tell whether requests are signed and sent here: never over TLS, which is left to botocore."""
        return self.fast_client and self.plain_http
