"""Passwords: how they are hashed, and which are refused."""

from collections.abc import Collection, Iterable
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.errors import Invalid
from services.users.credentials.hashing_queue import HashingQueue

MIN_LENGTH, MAX_LENGTH = 12, 1024
CHECKED_LENGTH = 72  # characters that decide how fast a password is guessed
OWASP_MINIMUM = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # 19 MiB, two passes
MIN_GUESSES_LOG10 = 8.0  # passwords that 10^8 well-ordered guesses find are refused


class NotYourPassword(Invalid):
    """The password of somebody who is signed in is wrong; `field` is the form's."""

    def __init__(self, field: str) -> None:
        super().__init__("This is not your password.", {field: "This is not your password."})


class HashPassword(Protocol):
    """Hashes a new password, or refuses it."""

    def __call__(self, password: str, *, queue_keys: Collection[str], about: Iterable[str] = ()) -> str:
        """Return the hash; raises Invalid, QueueFull."""


class Passwords:
    """Hashes and checks passwords with argon2id; an instance takes OWASP's minimum.

    Each hash waits for its turn in the HashingQueue: `queue_keys` say on whose behalf. Raises QueueFull.
    """

    def __init__(self, hasher: PasswordHasher = OWASP_MINIMUM) -> None:
        self._hasher, self._queue, self._dummy_hash = hasher, HashingQueue(), ""

    def hash(self, password: str, *, queue_keys: Collection[str], about: Iterable[str] = ()) -> str:
        """Hash a password; raises Invalid if it is too short, too long or easy to guess.

        `about` are words that an attacker knows about the user: name and address.
        """
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
            raise _refused(f"Use {MIN_LENGTH} to {MAX_LENGTH:,} characters.")
        if _is_easy(password, about):
            raise _refused("This password is easy to guess. Try a few unrelated words.")
        with self._queue.turn(queue_keys):
            return self._hasher.hash(_bytes(password))

    def matches(self, stored: str | None, password: str, *, queue_keys: Collection[str]) -> bool:
        """Check a password; takes just as long if there is no stored hash."""
        with self._queue.turn(queue_keys):
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

    def renew(self, password: str, *, queue_keys: Collection[str]) -> str:
        """Hash a password that was just verified, whatever the rules for new passwords say today."""
        with self._queue.turn(queue_keys):
            return self._hasher.hash(_bytes(password))


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
