"""Building a botocore client, stock or fast."""

from functools import cache

import botocore.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.loaders import Loader, create_loader

from dynamodb_client import (
    capacity,
    direct_endpoint,
    request_serializer,
    request_tokens,
    response_parser,
    transaction_conflicts,
    unix_socket,
)
from dynamodb_client.connection_pool import ConnectionPool
from dynamodb_client.options import ConnectionOptions
from dynamodb_client.signing import Signer

_USER_AGENT = "ledgerdesk"
_LOCAL_KEYS = ("local", "local")  # engines nearby know no others


@cache
def _loader() -> Loader:
    """Return the reader of botocore's service models; cached, the next client costs 8 instead of 48 ms."""
    return create_loader()


def build_client(options: ConnectionOptions, pool: ConnectionPool | None = None) -> BaseClient:
    """Build a client; a pool, for options with `own_transport` alone, sends its requests.

    Both clients retry conflicts with transactions, send no token where none is wanted, refuse malformed responses
    and count capacity. The fast one also writes and reads JSON itself and, where it has its own transport, signs.
    """
    session = botocore.session.get_session()
    session.register_component("data_loader", _loader())
    if options.plain_http:
        session.set_credentials(*_LOCAL_KEYS)
    config = Config(
        user_agent=_USER_AGENT,
        parameter_validation=False,
        connect_timeout=options.connect_timeout,
        read_timeout=options.read_timeout,
        max_pool_connections=options.pool_size,
        retries={"total_max_attempts": options.max_attempts, "mode": "standard"},
        # A plain-HTTP endpoint is an engine nearby; a proxy from the environment is meant for the internet.
        proxies={} if options.plain_http else None,
    )
    client = session.create_client(
        "dynamodb", region_name=options.region, endpoint_url=options.url, config=config
    )
    events = client.meta.events
    response_parser.install(events, fast=options.fast_client)
    transaction_conflicts.install(events, options.max_attempts)
    request_tokens.install(events)
    events.register("after-call.dynamodb", capacity.count)
    if options.fast_client:
        request_serializer.install(client)
    if options.own_transport:
        fix_endpoint(client)
    if pool is not None:
        direct_endpoint.install(client, pool, Signer(*_LOCAL_KEYS, options.region))
    elif options.socket_path is not None:
        unix_socket.install(client, options.socket_path)
    return client


def fix_endpoint(client: BaseClient) -> None:
    """Send every request to the client's one address: no rules of regions and accounts are asked."""
    client._ruleset_resolver = None
