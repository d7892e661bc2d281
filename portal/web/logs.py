"""JSON logs on stdout, one line each, with the request's id; no personal data and no secret in them."""

import logging
import logging.config
import re
import secrets
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import structlog
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Request  # the worker, which writes logs too, has no need of Flask

ID = "ledgerdesk.request_id"
HEADER = "X-Request-Id"
# Request ids accepted from a proxy: long enough, and without anything that could break a line or hold a name.
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
# Load balancers call these all the time.
SILENT = ("/healthz", "/readyz")
ADDRESS = re.compile(r"[\w.%+'-]{1,64}@[\w.-]{1,255}")

log = structlog.get_logger()
_BEFORE_WRITING: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def init_logs() -> None:
    """Configure structlog to write one JSON line per event."""
    structlog.configure(
        processors=[*_BEFORE_WRITING, structlog.processors.JSONRenderer(), _without_addresses],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )


def library_lines() -> dict[str, Any]:
    """Return the logging.config by which gunicorn and other libraries write the same kind of lines."""
    rendering = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.JSONRenderer(),
        _without_addresses,
    ]
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [structlog.stdlib.add_logger_name, *_BEFORE_WRITING],
        "processors": rendering,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {
            "lines": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}
        },
        "root": {"level": "WARNING", "handlers": ["lines"]},
        "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
    }


def init_library_logs() -> None:
    """Make libraries write JSON lines."""
    logging.config.dictConfig(library_lines())


def _without_addresses(_logger: object, _method: str, line: object) -> str:
    """Remove e-mail addresses, which an error message may quote."""
    return ADDRESS.sub("[address]", str(line))


class RequestLog:
    """Gives each request an id for its log lines and its response, and may write a line about it."""

    def __init__(self, app: "WSGIApplication", *, trusting: bool, writing: bool) -> None:
        """Wrap an application; `trusting` accepts a proxy's id, `writing` adds the line."""
        self._app, self._trusting, self._writing = app, trusting, writing

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request."""
        started = time.perf_counter()
        named = environ[ID] = self._id(environ)
        # Not cleared at the end: a response that is still being generated while it is sent may log too.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=named)
        facts: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            request = environ.get("werkzeug.request")
            if request is not None and hasattr(
                request, "url_rule"
            ):  # Flask's: a static file never reaches Flask
                headers.append((HEADER, named))
                facts.update(_facts(request, int(status[:3])))
            return start_response(status, headers, *rest)

        answer = self._app(environ, start)
        if not self._writing or not facts:
            return answer  # a static file is sent by the server itself as long as nothing wraps it
        return ClosingIterator(answer, lambda: _write(facts, time.perf_counter() - started))

    def _id(self, environ: "WSGIEnvironment") -> str:
        proxy_id = environ.get("HTTP_X_REQUEST_ID", "")
        return proxy_id if self._trusting and WELL_FORMED.fullmatch(proxy_id) else new_id()


def new_id() -> str:
    """Create an id that people can read out to each other."""
    fresh = secrets.token_hex(4)
    return f"{fresh[:4]}-{fresh[4:]}"


def _facts(request: "Request", status: int) -> dict[str, Any]:
    """Describe a request by its route: the URL itself can hold the token of a link, or a name."""
    route = request.url_rule.rule if request.url_rule else None
    return {"method": request.method, "route": route, "status": status}


def _write(facts: dict[str, Any], seconds: float) -> None:
    if facts["route"] not in SILENT or facts["status"] != 200:
        log.info("request", **facts, ms=round(seconds * 1000, 1))
