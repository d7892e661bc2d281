"""The one client of the process, and the models wired to it."""

import os
import threading
from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from botocore.client import BaseClient
from pynamodb.connection import Connection
from pynamodb.exceptions import TableError
from pynamodb.models import Model

from dynamodb_client.client_factory import build_client
from dynamodb_client.connection_pool import ConnectionPool
from dynamodb_client.lean_model import LeanModel, NotConnectedError
from dynamodb_client.options import ConnectionOptions

_bare_names: WeakKeyDictionary[type[LeanModel], str] = WeakKeyDictionary()


class SharedConnection(Connection):
    """PynamoDB's connection, except that every table's requests go through one client.

    The client is built when first needed, and again in a child after a fork: sockets and TLS state
    must not be shared between processes.
    """

    def __init__(self, options: ConnectionOptions) -> None:
        super().__init__(region=options.region, host=options.url)
        self.options = options
        self._built: BaseClient | None = None
        self._pool: ConnectionPool | None = None
        self._pid = 0
        self._closed = False
        self._building = threading.Lock()

    @property
    def client(self) -> Any:
        """Return the process's client, building it if this process has none yet."""
        if self._missing():
            self._build()
        return self._built

    def _missing(self) -> bool:
        # A client built while the credentials could not be had, say from a busy metadata service,
        # would stay without them for good.
        return (
            self._built is None
            or self._pid != os.getpid()
            or self._built._request_signer._credentials is None
        )

    def _build(self) -> None:
        with self._building:
            if self._closed:
                raise NotConnectedError("disconnected: call connect() again")
            if self._missing():
                self._pool = ConnectionPool(self.options) if self.options.own_transport else None
                self._built = build_client(self.options, self._pool)
                self._pid = os.getpid()

    def close(self) -> None:
        """Close the client's connections; models still wired to this raise NotConnectedError from now on."""
        self._closed = True
        if self._built is not None and self._pid == os.getpid():
            self._built.close()
            if self._pool is not None:
                self._pool.close()
        self._built = None


_current: SharedConnection | None = None


def connect(models: Iterable[type[LeanModel]], options: ConnectionOptions) -> None:
    """Wire models to the tables and the endpoint that the options name; may be called again to rewire.

    Opens nothing: the client is built on first use.
    """
    global _current
    disconnect()
    shared = SharedConnection(options)
    for model in models:
        _wire(model, shared)
    _current = shared


def bare_name(model: type[LeanModel]) -> str:
    """Return the name of a model's table without a prefix, connected or not."""
    return str(_bare_names.get(model, model.Meta.table_name))


def _wire(model: type[LeanModel], shared: SharedConnection) -> None:
    bare = _bare_names.setdefault(model, model.Meta.table_name)
    options = shared.options
    model.Meta.table_name = options.prefix + bare
    model.Meta.region = options.region
    model.Meta.host = options.url
    model.Meta.max_retry_attempts = options.max_attempts
    model._connection = None
    table = Model.__dict__["_get_connection"].__func__(model)
    try:
        shared.get_meta_table(table.table_name)
    except TableError:
        shared.add_meta_table(table.get_meta_table())
    table.connection = shared


def connection() -> SharedConnection:
    """Return the shared PynamoDB connection, for TransactWrite and TransactGet; raises NotConnectedError."""
    if _current is None:
        raise NotConnectedError("connect() has not been called")
    return _current


def client() -> Any:
    """Return the shared botocore client, for raw calls; raises NotConnectedError."""
    return connection().client


def preload() -> None:
    """Read botocore's description of DynamoDB into memory, so that processes forked later share it.

    Builds a client and drops it; opens no connection.
    """
    build_client(connection().options).close()


def disconnect() -> None:
    """Close the shared client's connections and forget it; connect() makes the models usable again."""
    global _current
    if _current is not None:
        _current.close()
    _current = None
