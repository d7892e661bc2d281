"""How gunicorn serves Ledgerdesk, on one machine and in the container alike.

Threads, because requests wait for DynamoDB, and only whole requests on them; many connections per worker, because
browsers keep them open.
"""

import gc
from typing import Any

from portal.config.private_files import make_private
from portal.config.readers import http_url
from portal.config.settings import settings_or_exit
from portal.web.heap import keep_small
from portal.web.logs import library_lines
from services.bootstrap import preload

_settings = settings_or_exit()

_warnings = make_private(_settings)
if _settings.is_exposed:
    _warnings += [
        f"HOST is {_settings.host}: other machines reach this instance, which is for development. Anybody can",
        "sign in as its demo accounts. Set ENVIRONMENT=production for real data, or HOST=127.0.0.1.",
    ]

bind = [http_url(_settings.host, _settings.port).removeprefix("http://")]
backlog = 4096
workers = _settings.web_workers
worker_class = "portal.web.buffered_worker.BufferedWorker"
threads = 16
worker_connections = 8000
keepalive = 75
graceful_timeout = 30
control_socket_disable = True
worker_tmp_dir = "/dev/shm"  # noqa: S108 - heartbeats in memory: the container's root is read-only
accesslog = None  # the product writes a line per request itself, without addresses in it
logconfig_dict = library_lines() if _settings.is_production else {}
# Imports and templates are loaded once and shared. Nothing talks to DynamoDB before the fork: a client shared
# by two processes mixes up their answers, so the models connect in each worker at its first use.
preload_app = True

keep_small()


def on_starting(server: Any) -> None:
    """Say what the settings leave open."""
    for warning in _warnings:
        server.log.warning("WARNING: %s", warning)


def pre_fork(server: Any, _worker: object) -> None:
    """Load what every worker needs while it is still shared, and keep the collector from copying it."""
    app = server.app.wsgi()
    for name in app.jinja_loader.list_templates():
        app.jinja_env.get_template(name)
    preload()
    gc.collect()
    gc.freeze()


def on_exit(_server: object) -> None:
    """Let go of everything, else libraries say that what is frozen has leaked."""
    gc.unfreeze()


def worker_exit(_server: object, worker: Any) -> None:
    """Close the worker's report database before its library goes, and let go of everything."""
    worker.app.wsgi().extensions["services"].reporting.analytics.close()
    gc.unfreeze()
