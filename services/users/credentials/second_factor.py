"""The second factor: one-time codes from an app (TOTP, RFC 6238), and recovery codes for a lost phone."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import pyotp

from models import user as user_table
from models.errors import VersionMoved
from models.user import User as UserItem
from services.errors import Invalid
from services.users.audit.audit_writer import AuditWriter
from services.users.authorization.roles import RoleService
from services.users.credentials.encryption import Encryption, Unreadable
from services.users.identity.actor import Actor
from services.users.identity.permissions import Permission
from services.users.identity.user_errors import StaleRecord, UserNotFound

ISSUER = "Ledgerdesk"
STEP = 30  # seconds that a code is good for; one step early or late is accepted
ENROL_WITHIN = 900  # seconds to scan the picture and type the first code
RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters that are mistaken for digits


@dataclass(frozen=True)
class Enrolment:
    """What sets an app up: the picture (SVG), the key to type instead, and the token for the form."""

    picture: str
    key: str
    token: str


class WrongCode(Invalid):
    """The code is wrong, too old, or was used before."""

    def __init__(self) -> None:
        message = "This code is not right. Codes change every 30 seconds and work once."
        super().__init__(message, {"code": message})


class AlreadyOn(Invalid):
    """This enrolment was confirmed before: a page was loaded again."""

    def __init__(self) -> None:
        super().__init__("The second factor is on already. Its recovery codes are not shown again.")


class SecondFactor:
    """Sets second factors up, checks codes, takes them away."""

    def __init__(
        self,
        *,
        roles: RoleService,
        encryption: Encryption,
        audit_writer: AuditWriter,
        new_code: Callable[[], str] = lambda: "".join(secrets.choice(ALPHABET) for _ in range(10)),
    ) -> None:
        self._roles, self._encryption, self._audit_writer, self._new_code = (
            roles,
            encryption,
            audit_writer,
            new_code,
        )

    @staticmethod
    def is_on(user_id: str) -> bool:
        """Tell whether a person has a second factor."""
        item = user_table.find(user_id)
        return item is not None and item.totp is not None

    def is_required(self, actor: Actor) -> bool:
        """Tell whether a person's role demands a second factor."""
        return self._roles.get(actor.role_id).security.second_factor

    def begin(self, actor: Actor, token: str = "") -> Enrolment:
        """Make a new secret, or show again that of a form's token, as long as it is good.

        Nothing is kept until a code made from it comes back.
        """
        import segno  # few enrol: no process carries it until somebody does

        actor.check_acts()
        secret = self._offered(actor, token)
        if secret is None:
            secret = pyotp.random_base32()
            token = self._encryption.encrypt(json.dumps([actor.user_id, secret]))
        name = actor.email or actor.name
        uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
        picture = segno.make(uri, error="m").svg_inline(scale=4, border=2, omitsize=True)
        return Enrolment(picture, " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)), token)

    def confirm(self, *, actor: Actor, token: str, code: str, now: datetime) -> list[str]:
        """Turn the second factor on and return the recovery codes, which are shown this once.

        Raises WrongCode, AlreadyOn, and Invalid for a token that is too old.
        """
        secret = self._offered(actor, token)
        if secret is None:
            raise Invalid("This page was open too long. Begin again.")
        item = user_table.find(actor.user_id)
        if item is None:
            raise UserNotFound
        if item.totp is not None and self._opened(item) == secret:
            raise AlreadyOn
        step = _step_of(secret, code, now, after=0)
        if step is None:
            raise WrongCode
        codes = [self._new_code() for _ in range(RECOVERY_CODES)]
        self._write(
            actor, item, "user.second_factor_on", now,
            totp=self._encryption.encrypt(secret), totp_step=step, recovery=[_digest(one) for one in codes],
        )  # fmt: skip
        return codes

    def turn_off(self, *, actor: Actor, user_id: str, now: datetime) -> None:
        """Take a person's second factor away: their own, or as an administrator who may edit them.

        Raises Invalid for one's own that the role demands; who lost theirs sets up another.
        """
        item = user_table.find(user_id)
        if item is None:
            raise UserNotFound
        role = self._roles.get(item.role_id)
        if user_id != actor.user_id:
            self._roles.check_permission(actor=actor, permission=Permission.USER_EDIT)
            if not all(actor.scope(key).covers(scope) for key, scope in role.permissions.items()):
                raise Invalid("You cannot change somebody whose role allows more than your own.")
        elif role.security.second_factor:
            raise Invalid("Your role requires a second factor.")
        if item.totp is not None:
            self._write(actor, item, "user.second_factor_off", now, totp=None, totp_step=None, recovery=[])

    def check(self, item: UserItem, code: str, now: datetime) -> None:
        """Accept a code from the app or a recovery code, each once; raises WrongCode."""
        typed = "".join(c for c in code.lower()[:100] if c.isalnum())
        values = self._accept(item, typed, now)
        if values is None:
            raise WrongCode
        try:
            user_table.update_if(item, ["totp", "totp_step", "recovery"], **values)
        except VersionMoved as raced:
            raise WrongCode from raced

    def _accept(self, item: UserItem, typed: str, now: datetime) -> dict[str, Any] | None:
        """Return what to write when a code is right, None when it is not."""
        used = _digest(typed)
        if used in (item.recovery or ()):
            return {"recovery": [kept for kept in item.recovery if kept != used]}
        secret = self._opened(item)
        if secret is None:
            return None
        step = _step_of(secret, typed, now, after=int(item.totp_step or 0))
        return None if step is None else {"totp_step": step}

    def _offered(self, actor: Actor, token: str) -> str | None:
        """Return the secret that a form's token holds for this person, None when it is not good."""
        try:
            user_id, secret = json.loads(self._encryption.open(token, within=ENROL_WITHIN))
        except (Unreadable, ValueError):
            return None
        return str(secret) if user_id == actor.user_id else None

    def _opened(self, item: UserItem) -> str | None:
        """Return a person's secret, None when no key opens it."""
        try:
            return self._encryption.open(item.totp or "")
        except Unreadable:
            return None

    def renew_encryption(self) -> tuple[int, int]:
        """Seal every seed with the newest key; return how many were renewed and how many nobody can open."""
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
                continue  # switched off or set up anew meanwhile, with the newest key
        return renewed, unreadable

    def _write(self, actor: Actor, item: UserItem, action: str, now: datetime, **values: Any) -> None:
        act = self._audit_writer.entry(actor=actor, now=now, action=action, subject=f"user:{item.user_id}")
        try:
            user_table.update_if(item, ["totp", "recovery"], also=[act], **values)
        except VersionMoved as moved:
            raise StaleRecord from moved


def _step_of(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """Return the time step whose code this is, None when it is none, or one that was used already."""
    made, current = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    typed = code.replace(" ", "")
    for step in (current - 1, current, current + 1):
        right = secrets.compare_digest(made.at(step * STEP).encode(), typed.encode("utf-8", "replace"))
        if right and step > after:
            return step
    return None


def _digest(code: str) -> str:
    """Hash a recovery code; it is random enough to need no slow hash."""
    return sha256(code.encode("utf-8", "replace")).hexdigest()
