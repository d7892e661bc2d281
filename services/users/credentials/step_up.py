"""Step-up authentication: sensitive operations need a recently verified password or code."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models import session as session_table
from models import user as user_table
from models.user import User as UserItem
from services.errors import Invalid
from services.users.audit.audit_writer import AuditWriter
from services.users.credentials.login_throttle import LoginAttempt, LoginThrottle, network_of
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
    audit_writer: AuditWriter

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
        who = LoginAttempt(f"proof:{actor.user_id}", network_of(actor.address))
        self.login_throttle.check(who, now=now)
        if not self._is_right(item, method, answer, now):
            self.login_throttle.failed(who, now=now)
            self._note_failure(actor, self.login_throttle.failures(who), now)
            raise StepUpFailed(method)
        self.login_throttle.succeeded(who)
        if not session_table.update(actor.session_id, stepped_up_at=now):
            raise SignInExpired

    def _is_right(self, item: UserItem, method: StepUpMethod, answer: str, now: datetime) -> bool:
        if method is StepUpMethod.PASSWORD:
            return self.passwords.matches(item.password_hash, answer)
        try:
            self.second_factor.check(item, answer, now)
        except WrongCode:
            return False
        return True

    def _note_failure(self, actor: Actor, failures: int, now: datetime) -> None:
        """Record how many attempts have failed so far, never what was typed."""
        after = {"failures": failures}
        self.audit_writer.record(
            self.audit_writer.entry(
                actor=actor, now=now, action="user.proof_failed", subject=f"user:{actor.user_id}", after=after
            )
        )


def _method(item: UserItem | None) -> StepUpMethod:
    if item is None:
        return StepUpMethod.SIGN_IN
    if item.totp is not None:
        return StepUpMethod.CODE
    return StepUpMethod.PASSWORD if item.password_hash else StepUpMethod.SIGN_IN
