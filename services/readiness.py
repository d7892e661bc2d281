"""Whether this process can work: asked by load balancers all the time, so it is cheap and never queues."""

import time
from collections.abc import Callable
from threading import Lock

import structlog

import models
from models import migration
from models import role as role_table
from models.store_errors import EngineUnavailable

FRESH = 1.0  # seconds that an answer is good for
UNREACHABLE, NOT_SET_UP = "engine unavailable", "not set up"

log = structlog.get_logger()


class Readiness:
    """Remembers for a moment what keeps the process from working, if anything."""

    def __init__(self, look: Callable[[], str], clock: Callable[[], float]) -> None:
        """Take `look`, which names what is in the way (empty: nothing), and a clock of seconds."""
        self._look, self._clock = look, clock
        self._until = float("-inf")
        self._obstacle = "not asked yet"
        self._looking = Lock()

    def obstacle(self) -> str:
        """Name what is in the way; empty when nothing is.

        One caller looks; the others do not wait behind it for an engine that hangs, but are told what was
        true before.
        """
        if self._clock() >= self._until and self._looking.acquire(blocking=False):
            try:
                self._obstacle = self._look()
                self._until = self._clock() + FRESH
            finally:
                self._looking.release()
        return self._obstacle


class StoreLook:
    """Looks whether the engine answers and has what `ledgerdesk setup` makes."""

    def __init__(self) -> None:
        self._complete = False

    def __call__(self) -> str:
        """Name what is in the way; tables that were all there once are not asked for again."""
        try:
            if not self._complete:
                missing = models.missing_tables()
                if missing:
                    log.warning("tables_missing", tables=missing)
                    return NOT_SET_UP
                if migration.is_pending():
                    log.warning("migration_pending")
                    return NOT_SET_UP
                self._complete = True
            return "" if role_table.find("customer") else NOT_SET_UP
        except EngineUnavailable as error:
            log.warning("engine_unavailable", error=str(error))
            return UNREACHABLE


def engine_readiness() -> Readiness:
    """Build what this process asks."""
    return Readiness(StoreLook(), time.monotonic)
