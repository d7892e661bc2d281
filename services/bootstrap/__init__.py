"""Wires the services together; the only place that does."""

from services.bootstrap.preloading import preload
from services.bootstrap.services import Services, build_services

__all__ = ["Services", "build_services", "preload"]
