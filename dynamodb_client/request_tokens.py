"""Sending a transaction without a client request token, where the caller wants none.

Botocore invents a token for each transaction that has none. An empty one, which DynamoDB would refuse, means that
none is sent.
"""

from typing import Any

from botocore.hooks import HierarchicalEmitter

_TOKEN = "ClientRequestToken"  # noqa: S105 - the parameter's name


def install(events: HierarchicalEmitter) -> None:
    """Hook this into a client's events, behind the handler that invents tokens."""
    events.register_last("before-parameter-build", strip)


def strip(params: dict[str, Any], **_: Any) -> None:
    """Remove an empty token (before-parameter-build event)."""
    if params.get(_TOKEN) == "":
        del params[_TOKEN]
