"""Measuring the capacity units a piece of work consumes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass
class Meter:
    """Capacity units and requests counted so far."""

    units: float = 0.0
    requests: int = 0


_meters: ContextVar[tuple[Meter, ...]] = ContextVar("capacity_meters", default=())


@contextmanager
def consumed() -> Iterator[Meter]:
    """Count what the requests of this thread (or task) consume within the block; blocks may nest."""
    meter = Meter()
    token = _meters.set((*_meters.get(), meter))
    try:
        yield meter
    finally:
        _meters.reset(token)


def count(parsed: dict[str, Any], **_: Any) -> None:
    """Add a response's consumed capacity to the meters that run (botocore's after-call event)."""
    meters = _meters.get()
    if not meters:
        return
    capacity = parsed.get("ConsumedCapacity") or []
    parts = [capacity] if isinstance(capacity, dict) else capacity
    units = sum(part.get("CapacityUnits", 0.0) for part in parts)
    for meter in meters:
        meter.units += units
        meter.requests += 1
