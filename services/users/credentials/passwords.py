"""Passwords: how they are hashed, and which are refused."""

from collections.abc import Collection, Iterable
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.errors import Invalid
from services.text import composed
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
        password = composed(password) if len(password) <= MAX_LENGTH else password
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
            raise _refused(f"Use {MIN_LENGTH} to {MAX_LENGTH:,} characters.")
        if _is_easy(password, about):
            raise _refused("This password is easy to guess. Try a few unrelated words.")
        with self._queue.turn(queue_keys):
            return self._hasher.hash(_bytes(password))

    def check_place(self, *, queue_keys: Collection[str]) -> None:
        """Raise QueueFull if there is no place in the queue now, before anything is read or counted for a request."""
        self._queue.check(queue_keys)

    def matches(self, stored: str | None, password: str, *, queue_keys: Collection[str]) -> bool:
        """Check a password; takes just as long if there is no stored hash.

        Keyboards write the same accent in one character or in two, so passwords are hashed composed (NFC).
        Older hashes are of what was typed, which is tried next.
        """
        with self._queue.turn(queue_keys):
            if not self._dummy_hash:
                self._dummy_hash = self._hasher.hash("nobody has this password")
            # Both are always tried, so that the time says nothing about the account.
            matching = [self._verifies(stored or self._dummy_hash, form) for form in _forms(password)]
        return any(matching) and stored is not None and len(password) <= MAX_LENGTH

    def outdated(self, stored: str, password: str, *, queue_keys: Collection[str]) -> bool:
        """Tell whether the hash of a password that matches has older parameters, or is of the text as typed."""
        if self._hasher.check_needs_rehash(stored):
            return True
        if len(_forms(password)) == 1:
            return False
        with self._queue.turn(queue_keys):
            return not self._verifies(stored, composed(password))

    def renew(self, password: str, *, queue_keys: Collection[str]) -> str:
        """Hash a password that was just verified, whatever the rules for new passwords say today."""
        with self._queue.turn(queue_keys):
            return self._hasher.hash(_bytes(composed(password)))

    def _verifies(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


def _refused(message: str) -> Invalid:
    return Invalid(message, {"password": message})


def _is_easy(password: str, about: Iterable[str]) -> bool:
    """Ask zxcvbn, which knows common passwords, names, words, keyboard patterns and dates."""
    from zxcvbn import zxcvbn

    guessed = zxcvbn(password[:CHECKED_LENGTH], user_inputs=[word for word in about if word])
    return float(guessed["guesses_log10"]) < MIN_GUESSES_LOG10


def _forms(password: str) -> list[str]:
    """List what a stored hash may be of: the composed password, then the one that was typed if it differs."""
    typed = password[:MAX_LENGTH]
    return list(dict.fromkeys((composed(typed), typed)))


def _bytes(password: str) -> bytes:
    """Encode a password, even with lone surrogates: JSON can carry them, and they are just a wrong password."""
    return password.encode("utf-8", "surrogatepass")
