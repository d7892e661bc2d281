"""Passwords: how they are hashed, which are refused, and how many are checked at a time."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.errors import Invalid, Throttled

MIN_LENGTH, MAX_LENGTH = 12, 1024
MAX_CONCURRENT = 2
MAX_WAITING = 6  # of gunicorn's sixteen threads: the others keep serving pages
CHECKED_LENGTH = 72  # characters that decide how fast a password is guessed
OWASP_MINIMUM = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # 19 MiB, two passes
MIN_GUESSES_LOG10 = 8.0  # passwords that 10^8 well-ordered guesses find are refused


class HashPassword(Protocol):
    """Hashes a new password, or refuses it."""

    def __call__(self, password: str, *, about: Iterable[str] = ()) -> str:
        """Return the hash; raises Invalid."""


class Passwords:
    """Hashes and checks passwords with argon2id; an instance takes OWASP's minimum.

    At most two run at a time in one process and six wait, so that a rush of sign-ins cannot starve other
    pages; anybody beyond that is asked to try again (Throttled).
    """

    def __init__(self, hasher: PasswordHasher = OWASP_MINIMUM) -> None:
        self._hasher = hasher
        self._running = BoundedSemaphore(MAX_CONCURRENT)
        self._places = BoundedSemaphore(MAX_CONCURRENT + MAX_WAITING)
        self._dummy_hash = ""

    def hash(self, password: str, *, about: Iterable[str] = ()) -> str:
        """Hash a password; raises Invalid if it is too short, too long or easy to guess.

        `about` are words that an attacker knows about the user: name and address.
        """
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
            raise _refused(f"Use {MIN_LENGTH} to {MAX_LENGTH:,} characters.")
        if _is_easy(password, about):
            raise _refused("This password is easy to guess. Try a few unrelated words.")
        with self._slot():
            return self._hasher.hash(_bytes(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Check a password; takes just as long if there is no stored hash."""
        with self._slot():
            if not self._dummy_hash:
                self._dummy_hash = self._hasher.hash("nobody has this password")
            try:
                self._hasher.verify(stored or self._dummy_hash, _bytes(password[:MAX_LENGTH]))
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None and len(password) <= MAX_LENGTH

    def outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with older parameters."""
        return self._hasher.check_needs_rehash(stored)

    def renew(self, password: str) -> str:
        """Hash a password that was just verified, whatever the rules for new passwords say today."""
        with self._slot():
            return self._hasher.hash(_bytes(password))

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Throttled(2, "Many people are signing in right now.")
        try:
            with self._running:
                yield
        finally:
            self._places.release()


def _refused(message: str) -> Invalid:
    return Invalid(message, {"password": message})


def _is_easy(password: str, about: Iterable[str]) -> bool:
    """Ask zxcvbn, which knows common passwords, names, words, keyboard patterns and dates."""
    from zxcvbn import zxcvbn

    guessed = zxcvbn(password[:CHECKED_LENGTH], user_inputs=[word for word in about if word])
    return float(guessed["guesses_log10"]) < MIN_GUESSES_LOG10


def _bytes(password: str) -> bytes:
    """Encode a password, even with lone surrogates: JSON can carry them, and they are just a wrong password."""
    return password.encode("utf-8", "surrogatepass")
