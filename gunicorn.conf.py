"""How gunicorn serves Ledgerdesk, on one machine and in the container alike.

Threads, because requests wait for DynamoDB; many connections per worker, because browsers keep them open.
"""

import ctypes
import gc
import platform
import socket

from portal.settings import Settings

_settings = Settings.from_env()

bind = [f"{_settings.host}:{_settings.port}"]
backlog = 4096
workers = _settings.web_workers
worker_class = "gthread"
threads = 16
worker_connections = 8000
keepalive = 75
graceful_timeout = 30
control_socket_disable = True
worker_tmp_dir = "/dev/shm"  # noqa: S108 - heartbeats in memory: the container's root is read-only
accesslog = None
# Imports and templates are loaded once and shared. Nothing talks to DynamoDB before the fork: a client shared
# by two processes mixes up their answers, so the models connect in each worker at its first use.
preload_app = True

_DEFER_ACCEPT_SECONDS = 30
_M_ARENA_MAX = -8

# glibc gives every thread a heap of its own; with sixteen threads those hold far more than is in use.
if platform.libc_ver()[0] == "glibc":
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def when_ready(server):
    """Hand a connection over only once its request arrives.

    A connection that sends nothing otherwise holds one of gthread's threads for five seconds; a hundred
    silent ones made others wait for fifteen.
    """
    for listener in server.LISTENERS:
        if listener.sock.family in (socket.AF_INET, socket.AF_INET6):
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _DEFER_ACCEPT_SECONDS)


def pre_fork(_server, _worker):
    """Keep the garbage collector from touching, and so copying, the pages that workers share."""
    gc.collect()
    gc.freeze()
