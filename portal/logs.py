"""JSON logs on stdout, one line each, with the request's id; no personal data and no secret in them."""

import logging
import re
import sys

import structlog

ADDRESS = re.compile(r"[\w.%+'-]{1,64}@[\w.-]{1,255}")


def init_logs() -> None:
    """Set structlog and the libraries' loggers to one JSON line per event."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
            _without_addresses,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )


def _without_addresses(_logger: object, _method: str, line: str) -> str:
    """Take e-mail addresses out, which the message of an error may quote."""
    return ADDRESS.sub("[address]", line)
