"""Passwords: how they are kept, which are refused, and how many may be checked at a time."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.errors import Invalid, Throttled

SHORTEST, LONGEST = 12, 1024
AT_ONCE = 2
WAITING = 6  # of gunicorn's sixteen threads: the others go on serving pages
GUESSED_FIRST = 72  # characters that decide how soon a guesser finds a password
OWASP_MINIMUM = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # 19 MiB, two passes
EASY = 8.0  # passwords found within 10^8 well-ordered guesses are refused


class HashPassword(Protocol):
    """Turns a new password into what is kept, or refuses it."""

    def __call__(self, password: str, *, about: Iterable[str] = ()) -> str:
        """Return the hash; raises Invalid."""


class Passwords:
    """Hashes and checks passwords with argon2id; an instance takes OWASP's minimum.

    At most two run at a time in one process and six wait, so that a rush of sign-ins cannot starve the
    other pages; who comes on top of that is asked to try again (Throttled).
    """

    def __init__(self, hasher: PasswordHasher = OWASP_MINIMUM) -> None:
        self._hasher = hasher
        self._running = BoundedSemaphore(AT_ONCE)
        self._places = BoundedSemaphore(AT_ONCE + WAITING)
        self._nobody = ""

    def hash(self, password: str, *, about: Iterable[str] = ()) -> str:
        """Hash a password; raises Invalid when it is too short, too long or easy to guess.

        `about` are words an attacker knows of the person: name and address.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise _refused(f"A password has {SHORTEST} to {LONGEST:,} characters.")
        if _easy(password, about):
            raise _refused("This password is easy to guess. Take a few words that have nothing in common.")
        with self._turn():
            return self._hasher.hash(_bytes(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Check a password; takes as long when there is nothing to check against."""
        with self._turn():
            if not self._nobody:
                self._nobody = self._hasher.hash("nobody has this password")
            try:
                self._hasher.verify(stored or self._nobody, _bytes(password[:LONGEST]))
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None and len(password) <= LONGEST

    def outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with older parameters."""
        return self._hasher.check_needs_rehash(stored)

    def renew(self, password: str) -> str:
        """Hash a password that was just found right, whatever today's rules for new ones say."""
        with self._turn():
            return self._hasher.hash(_bytes(password))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Throttled(2, "Many people are signing in at this moment.")
        try:
            with self._running:
                yield
        finally:
            self._places.release()


def _refused(message: str) -> Invalid:
    return Invalid(message, {"password": message})


def _easy(password: str, about: Iterable[str]) -> bool:
    """Ask zxcvbn, which knows the common passwords, names, words, keyboards and dates."""
    from zxcvbn import zxcvbn

    guessed = zxcvbn(password[:GUESSED_FIRST], user_inputs=[word for word in about if word])
    return float(guessed["guesses_log10"]) < EASY


def _bytes(password: str) -> bytes:
    """Encode a password, lone surrogates too: JSON can carry them, and a wrong password is just wrong."""
    return password.encode("utf-8", "surrogatepass")
