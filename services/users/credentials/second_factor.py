"""The second factor: one-time codes from an app (TOTP, RFC 6238), and recovery codes for a lost phone."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

import pyotp

from models import user as user_table
from models.store_errors import VersionMoved
from models.user import User as UserItem
from services.errors import Invalid, Throttled
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.roles import RoleService
from services.users.credentials.encryption import Encryption, Unreadable
from services.users.credentials.login_throttle import CodeAttempt, LoginThrottle
from services.users.credentials.security_notice import Notice, SecurityNotice
from services.users.identity.actor import Actor
from services.users.identity.permissions import Permission
from services.users.identity.user_errors import StaleRecord, UserNotFound

ISSUER = "Ledgerdesk"
DIGITS = 6
STEP = 30  # seconds that a code is valid; one step early or late is accepted
ENROL_WITHIN = 900  # seconds to scan the QR code and type the first code
RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters that are mistaken for digits


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app needs: the QR code (SVG), the key to type instead, and the form's token."""

    picture: str
    key: str
    token: str


class WrongCode(Invalid):
    """The code is wrong, too old, or was used before."""

    def __init__(self) -> None:
        message = "This code is not correct. Codes change every 30 seconds and work only once."
        super().__init__(message, {"code": message})


class CodesExhausted(Throttled):
    """Too many wrong codes were entered for this account, wherever they came from."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            seconds,
            "Too many wrong codes were entered for this account. Use a recovery code, or sign in with a link "
            "that we email you.",
            "Otherwise codes work again in {wait}.",
        )


class Factor(StrEnum):
    """What a user showed beside their password."""

    CODE = "code from the app"
    RECOVERY_CODE = "recovery code"


class AlreadyOn(Invalid):
    """The enrolment has already been confirmed: the page was loaded again."""

    def __init__(self) -> None:
        super().__init__("The second factor is already on. Its recovery codes are not shown again.")


class SecondFactor:
    """Sets up second factors, checks codes, and turns second factors off."""

    def __init__(
        self,
        *,
        roles: RoleService,
        encryption: Encryption,
        audit_writer: AuditWriter,
        login_throttle: LoginThrottle,
        security_notice: SecurityNotice,
        new_code: Callable[[], str] = lambda: "".join(secrets.choice(ALPHABET) for _ in range(10)),
    ) -> None:
        self._roles, self._encryption, self._audit_writer = roles, encryption, audit_writer
        self._login_throttle, self._security_notice = login_throttle, security_notice
        self._new_code = new_code

    @staticmethod
    def is_on(user_id: str) -> bool:
        """Tell whether a user has a second factor."""
        item = user_table.find(user_id)
        return item is not None and item.totp is not None

    def is_required(self, actor: Actor) -> bool:
        """Tell whether the actor's role requires a second factor."""
        return self._roles.get(actor.role_id).security.second_factor

    def begin(self, actor: Actor, token: str = "") -> Enrolment:
        """Create a secret, or return the one in a form's token while that is valid.

        Nothing is stored until a code made from the secret comes back.
        """
        import segno  # few people enrol: no process loads it before somebody does

        actor.check_not_viewing()
        secret = self._secret_in(token, actor)
        if secret is None:
            secret = pyotp.random_base32()
            token = self._encryption.encrypt(json.dumps([actor.user_id, secret]))
        name = actor.email or actor.name
        uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
        picture = segno.make(uri, error="m").svg_inline(scale=4, border=2, omitsize=True)
        return Enrolment(picture, " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)), token)

    def confirm(self, *, actor: Actor, token: str, code: str, now: datetime) -> list[str]:
        """Turn the second factor on and return the recovery codes, which are shown only this once.

        Raises WrongCode, AlreadyOn, and Invalid if the token is too old.
        """
        secret = self._secret_in(token, actor)
        if secret is None:
            raise Invalid("This page was open too long. Start again.")
        item = user_table.find(actor.user_id)
        if item is None:
            raise UserNotFound
        if item.totp is not None and self._secret_of(item) == secret:
            raise AlreadyOn
        step = _step_of(secret, code, now, after=0)
        if step is None:
            raise WrongCode
        codes = [self._new_code() for _ in range(RECOVERY_CODES)]
        self._write(
            actor, item, Notice.SECOND_FACTOR_ON, now,
            totp=self._encryption.encrypt(secret), totp_step=step, recovery=[_digest(one) for one in codes],
        )  # fmt: skip
        return codes

    def turn_off(self, *, actor: Actor, user_id: str, now: datetime) -> None:
        """Turn off a user's second factor: the actor's own, or anybody's whom the actor may edit.

        Raises Invalid if it is the actor's own and their role requires it: they set up another one instead;
        PermissionDenied, Outranked.
        """
        item = user_table.find(user_id)
        if item is None:
            raise UserNotFound
        if user_id != actor.user_id:
            self._roles.check_permission(actor=actor, permission=Permission.USER_EDIT)
            self._roles.check_rank(actor=actor, account=item)
        elif self._roles.get(item.role_id).security.second_factor:
            raise Invalid("Your role requires a second factor.")
        if item.totp is not None:
            self._write(actor, item, Notice.SECOND_FACTOR_OFF, now, totp=None, totp_step=None, recovery=[])

    def check(
        self, item: UserItem, code: str, *, now: datetime, address: str | None, link: str | None = None
    ) -> Factor:
        """Accept a code from the app or a recovery code, each only once; tells which it was.

        Codes from the app are few enough to be guessed, so an account has a hundred wrong ones an hour, from
        everywhere together; with a `link` from an e-mail it has those of the link instead. Raises WrongCode,
        CodesExhausted.
        """
        typed = "".join(c for c in code.lower()[:100] if c.isalnum())
        if len(typed) != DIGITS or not typed.isdecimal():
            self._check_recovery_code(item, typed, now, address)
            return Factor.RECOVERY_CODE
        try:
            with self._login_throttle.attempt(CodeAttempt(item.user_id, link), now=now, failure=WrongCode):
                self._check_app_code(item, typed, now)
        except Throttled as wait:
            raise CodesExhausted(wait.seconds) from wait
        return Factor.CODE

    def _check_app_code(self, item: UserItem, typed: str, now: datetime) -> None:
        secret = self._secret_of(item)
        step = None if secret is None else _step_of(secret, typed, now, after=int(item.totp_step or 0))
        if step is None:
            raise WrongCode
        try:
            user_table.update_if(item, ["totp", "totp_step"], totp_step=step)
        except VersionMoved as raced:
            raise WrongCode from raced

    def _check_recovery_code(self, item: UserItem, typed: str, now: datetime, address: str | None) -> None:
        used = _digest(typed)
        if used not in (item.recovery or ()):
            raise WrongCode
        left = [code for code in item.recovery if code != used]
        owner = Actor(user_id=item.user_id, name=item.name, kind="customer", address=address)
        audit_entry = self._audit_writer.entry(
            actor=owner,
            now=now,
            action="user.recovery_code_used",
            subject=f"user:{item.user_id}",
            after={"recovery_codes_left": len(left)},
        )
        notice = self._security_notice(item, Notice.RECOVERY_CODE_USED, now=now, address=address)
        try:
            user_table.update_if(item, ["totp", "recovery"], also=[audit_entry, *notice], recovery=left)
        except VersionMoved as raced:
            raise WrongCode from raced

    def _secret_in(self, token: str, actor: Actor) -> str | None:
        """Return the secret in a form's token, None if the token is not valid for this actor."""
        try:
            user_id, secret = json.loads(self._encryption.decrypt(token, within=ENROL_WITHIN))
        except (Unreadable, ValueError):
            return None
        return str(secret) if user_id == actor.user_id else None

    def _secret_of(self, item: UserItem) -> str | None:
        """Return a user's secret, None if no key decrypts it."""
        try:
            return self._encryption.decrypt(item.totp or "")
        except Unreadable:
            return None

    def renew_encryption(self) -> tuple[int, int]:
        """Encrypt every seed with the newest key; return how many were renewed and how many are unreadable."""
        renewed = unreadable = 0
        for item in user_table.with_second_factor():
            try:
                encrypted = self._encryption.renew(item.totp or "")
                if encrypted is not None:
                    user_table.update_if(item, ["totp"], totp=encrypted)
                    renewed += 1
            except Unreadable:
                unreadable += 1
            except VersionMoved:
                continue  # turned off or set up again in the meantime, with the newest key
        return renewed, unreadable

    def _write(self, actor: Actor, item: UserItem, notice: Notice, now: datetime, **values: Any) -> None:
        audit_entry = self._audit_writer.entry(
            actor=actor, now=now, action=f"user.{notice}", subject=f"user:{item.user_id}"
        )
        own_address = actor.address if actor.user_id == item.user_id else None
        message = self._security_notice(item, notice, now=now, address=own_address)
        try:
            user_table.update_if(item, ["totp", "recovery"], also=[audit_entry, *message], **values)
        except VersionMoved as moved:
            raise StaleRecord from moved


def _step_of(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """Return the time step of a code, None if the code is wrong or was already used."""
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    typed = code.replace(" ", "")
    for step in (current - 1, current, current + 1):
        matches = secrets.compare_digest(totp.at(step * STEP).encode(), typed.encode("utf-8", "replace"))
        if matches and step > after:
            return step
    return None


def _digest(code: str) -> str:
    """Hash a recovery code, which is random enough to need no slow hash."""
    return sha256(code.encode("utf-8", "replace")).hexdigest()
