"""MaintenanceService: makes the tables, moves the data of earlier versions, and sweeps what has expired."""

from datetime import datetime

import models
from models import idempotency_key, migration


class MaintenanceService:
    """What the set-up and the worker do to the tables themselves."""

    def create_tables(self) -> list[str]:
        """Create the tables that are missing and return their names; safe to repeat."""
        return models.create_tables()

    def upgrade_indexes(self) -> list[str]:
        """Rebuild indexes that lack attributes which lists need now, and return their names; safe to repeat."""
        return models.upgrade_indexes()

    def switch_on_expiry(self) -> list[str]:
        """Switch on the expiry of tables that lack it, and return their names; safe to repeat."""
        return models.switch_on_expiry()

    def migrate(self, *, now: datetime) -> dict[str, int]:
        """Move what earlier versions kept elsewhere; returns how many items went into which table.

        Safe to repeat, also after it was stopped half way.
        """
        return migration.migrate(now=now)

    def sweep_idempotency_keys(self, *, now: datetime, limit: int = 200) -> int:
        """Delete idempotency keys that have expired, where the engine does not; returns how many."""
        return idempotency_key.sweep(now, limit)
