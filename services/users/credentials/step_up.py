"""Step-up authentication: sensitive operations need a recently verified password or code."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models import session as session_table
from models import user as user_table
from models.user import User as UserItem
from services.errors import Invalid
from services.users.audit.security_log import Failure, SecurityLog
from services.users.credentials.login_throttle import LoginThrottle, network_of, proof_attempt
from services.users.credentials.passwords import Passwords
from services.users.credentials.second_factor import SecondFactor, WrongCode
from services.users.identity.actor import Actor
from services.users.identity.user_errors import SignInExpired


class StepUpMethod(StrEnum):
    """How a user can verify their identity; without a password or a code, only by signing in again."""

    PASSWORD = "password"  # noqa: S105  # the name of a method, not a password
    CODE = "code"
    SIGN_IN = "sign_in"


class StepUpFailed(Invalid):
    """The password or code is not correct."""

    def __init__(self, method: StepUpMethod) -> None:
        super().__init__(
            "This is not your password."
            if method is StepUpMethod.PASSWORD
            else "This code is not correct or has already been used."
        )


@dataclass(frozen=True)
class StepUpService:
    """Verifies users again and records it with their session."""

    passwords: Passwords
    second_factor: SecondFactor
    login_throttle: LoginThrottle
    security_log: SecurityLog

    @staticmethod
    def method(*, actor: Actor) -> StepUpMethod:
        """Return what the actor is asked for: the code if they have a second factor, else the password."""
        return _method(user_table.find(actor.user_id))

    def verify(self, *, actor: Actor, answer: str, now: datetime) -> None:
        """Check a password or code and record the step-up with the actor's session.

        Raises StepUpFailed, Throttled after too many failures, SignInExpired if the session has ended.
        """
        actor.check_not_viewing()
        item = user_table.find(actor.user_id)
        method = _method(item)
        if item is None or method is StepUpMethod.SIGN_IN:
            raise StepUpFailed(method)
        attempt = proof_attempt(actor)
        with self.login_throttle.attempt(attempt, now=now, failure=StepUpFailed):
            if method is StepUpMethod.CODE:
                self._check_code(item, answer, actor, now)
            elif not self.passwords.matches(item.password_hash, answer, queue_keys=attempt.queue_keys):
                self._note_failure(actor, method, now)
                raise StepUpFailed(method)
        if not session_table.update(actor.session_id, stepped_up_at=now):
            raise SignInExpired

    def _check_code(self, item: UserItem, answer: str, actor: Actor, now: datetime) -> None:
        try:
            self.second_factor.check(item, answer, now=now, address=actor.address)
        except WrongCode as wrong:
            self._note_failure(actor, StepUpMethod.CODE, now)
            raise StepUpFailed(StepUpMethod.CODE) from wrong

    def _note_failure(self, actor: Actor, method: StepUpMethod, now: datetime) -> None:
        failure = Failure(
            "user.proof_failed", actor.user_id, actor.user_id, network_of(actor.address), actor=actor
        )
        self.security_log.failed(failure, now=now, factor=method.value)


def _method(item: UserItem | None) -> StepUpMethod:
    if item is None:
        return StepUpMethod.SIGN_IN
    if item.totp is not None:
        return StepUpMethod.CODE
    return StepUpMethod.PASSWORD if item.password_hash else StepUpMethod.SIGN_IN
