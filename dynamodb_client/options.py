"""How to reach DynamoDB, or an engine that speaks its protocol."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ConnectionOptions:
    """Say where the tables are and how patient to be; times in seconds.

    `endpoint` None is Amazon DynamoDB with the default credential chain. `max_attempts` counts the
    first one. `pool_size` is how many connections are kept open: at least the number of threads.
    """

    region: str
    endpoint: str | None
    prefix: str
    pool_size: int = 32
    connect_timeout: float = 1
    read_timeout: float = 5
    max_attempts: int = 4

    @property
    def plain_http(self) -> bool:
        """Tell whether the endpoint is an engine without TLS: nearby, and without real credentials."""
        return self.endpoint is not None and self.endpoint.startswith("http://")
