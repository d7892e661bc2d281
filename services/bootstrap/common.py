"""What several domains are built with."""

import secrets
import time
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from services.caching import ShortCache
from services.users.authorization import RoleService
from services.users.directory import Directory

FRESH = 5.0  # seconds that users, roles, teams and categories may be old
NAMES_FRESH = 60.0  # nothing that people change is kept for longer

K = TypeVar("K")
V = TypeVar("V")


def new_cache(seconds: float = FRESH) -> ShortCache[K, V]:
    """Build a cache of what may be some seconds old."""
    return ShortCache(seconds, time.monotonic)


def new_directory(roles: RoleService) -> Directory:
    """Build the directory of everybody in this process; it reads nothing until it is asked."""
    return Directory(roles, clock=time.monotonic, now=partial(datetime.now, UTC))


def new_secret() -> str:
    """Make a token that nobody can guess: 256 random bits as text."""
    return secrets.token_urlsafe(32)


def pause(attempt: int) -> None:
    """Wait a moment that grows with each lost race, and differs between racers."""
    time.sleep(min(0.25, 0.004 * 2**attempt) * (0.5 + secrets.randbelow(1000) / 1000))
