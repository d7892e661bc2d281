"""Step-up: whoever does something dangerous shows again that it is them, when the last proof is old."""

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


class Way(StrEnum):
    """How a person can prove who they are; without a password or a code, only by signing in again."""

    PASSWORD = "password"  # noqa: S105  # the name of a way, not a password
    CODE = "code"
    SIGN_IN = "sign_in"


class StepUpFailed(Invalid):
    """The password or code is not right."""

    def __init__(self, way: Way) -> None:
        super().__init__(
            "This is not your password." if way is Way.PASSWORD else "This code is not right, or was used."
        )


@dataclass(frozen=True)
class StepUpService:
    """Takes proofs and notes them with the session that gave them."""

    passwords: Passwords
    second_factor: SecondFactor
    login_throttle: LoginThrottle
    audit_writer: AuditWriter

    @staticmethod
    def way(*, actor: Actor) -> Way:
        """Tell what a person is asked for: the code where there is a second factor, else the password."""
        return _way(user_table.find(actor.user_id))

    def prove(self, *, actor: Actor, answer: str, now: datetime) -> None:
        """Check a password or code and note the proof with the actor's session.

        Raises WrongProof, Throttled after too many, SignInExpired when the session ended meanwhile.
        """
        actor.check_acts()
        item = user_table.find(actor.user_id)
        way = _way(item)
        if item is None or way is Way.SIGN_IN:
            raise StepUpFailed(way)
        who = LoginAttempt(f"proof:{actor.user_id}", network_of(actor.address))
        self.login_throttle.check(who, now=now)
        if not self._is_right(item, way, answer, now):
            self.login_throttle.failed(who, now=now)
            self._note_failure(actor, self.login_throttle.failures(who), now)
            raise StepUpFailed(way)
        self.login_throttle.succeeded(who)
        if not session_table.update(actor.session_id, stepped_up_at=now):
            raise SignInExpired

    def _is_right(self, item: UserItem, way: Way, answer: str, now: datetime) -> bool:
        if way is Way.PASSWORD:
            return self.passwords.matches(item.password_hash, answer)
        try:
            self.second_factor.check(item, answer, now)
        except WrongCode:
            return False
        return True

    def _note_failure(self, actor: Actor, failures: int, now: datetime) -> None:
        """Write how many failed by now; what was typed is nobody's business."""
        after = {"failures": failures}
        self.audit_writer.record(
            self.audit_writer.entry(
                actor=actor, now=now, action="user.proof_failed", subject=f"user:{actor.user_id}", after=after
            )
        )


def _way(item: UserItem | None) -> Way:
    if item is None:
        return Way.SIGN_IN
    if item.totp is not None:
        return Way.CODE
    return Way.PASSWORD if item.password_hash else Way.SIGN_IN
