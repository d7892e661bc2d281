"""ErasureService: takes a person out of everything that is kept, and leaves what is counted as it was.

It is asked for by a person and done by the worker, part by part. Every part can be done twice, and where it
goes on is written down after each, so that it may be killed at any moment.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from models import audit as audit_table
from models import job, transaction
from models import ticket as ticket_table
from models import user as user_table
from models.audit import AuditEntry
from models.errors import VersionMoved
from models.user import User as UserItem
from services.errors import Invalid
from services.privacy.erasure_job import KIND, ROUNDS, Erasure
from services.privacy.erasure_steps import Step
from services.privacy.personal_data_matcher import PersonalDataMatcher, telling
from services.users.audit import AuditWriter
from services.users.authorization import LastAdministrator, LastAdministratorLock, RoleService
from services.users.credentials import SessionManager
from services.users.identity import Actor, Permission, StaleRecord, User, UserNotFound, sort_name

PARTS = 8  # in one go: half a second of work, so that nothing else of the worker is late
COUNTED = 1000  # tickets; more are "1,000+"


@dataclass(frozen=True)
class Outlook:
    """What an erasure would leave: tickets without a name, those still open, and why it cannot be, if so.

    Counts end at COUNTED. `agent` tells whether the person worked on other people's tickets.
    """

    person: User
    tickets: int
    open: int
    held: int
    agent: bool
    refusal: str | None


@dataclass(frozen=True)
class Progress:
    """How far an erasure is: its present step by name, of how many, in which round."""

    erasure: Erasure
    step: str
    steps: int
    rounds: int = ROUNDS

    @property
    def done(self) -> bool:
        """Tell whether it is over."""
        return self.erasure.done_at is not None


class ErasureService:
    """Erases people, when somebody who may asks for it."""

    def __init__(
        self,
        *,
        roles: RoleService,
        sessions: SessionManager,
        audit_writer: AuditWriter,
        administrators: LastAdministratorLock,
        steps: Sequence[Step],
    ) -> None:
        self._administrators = administrators
        self._roles, self._sessions, self._audit_writer, self._steps = roles, sessions, audit_writer, steps

    def outlook(self, *, actor: Actor, user_id: str) -> Outlook:
        """Tell what erasing a person would mean; raises UserNotFound, PermissionDenied."""
        self._roles.check_permission(actor=actor, permission=Permission.USER_ERASE)
        item = _find(user_id)
        role = self._roles.get(item.role_id)
        return Outlook(
            person=User.from_model(item),
            tickets=ticket_table.count_of_requester(user_id, COUNTED),
            open=ticket_table.count_of_requester(user_id, COUNTED, state="open"),
            held=ticket_table.count_open_of_assignee(user_id, COUNTED),
            agent=bool(role.permissions.get(Permission.TICKET_NOTE)),
            refusal=self._refusal(actor, item),
        )

    def progress(self, *, actor: Actor, user_id: str) -> Progress | None:
        """Tell how far the erasure of a person is, None where there is none; raises PermissionDenied."""
        self._roles.check_permission(actor=actor, permission=Permission.USER_ERASE)
        item = job.find(KIND, user_id)
        if item is None:
            return None
        erasure = Erasure.from_model(item)
        name = self._steps[min(erasure.step, len(self._steps) - 1)].name
        return Progress(erasure, name, len(self._steps))

    def ask(self, *, actor: Actor, user_id: str, confirmed: str, now: datetime) -> None:
        """Take down that a person is to be erased and end every sign-in; `confirmed` is their name, typed.

        Raises Invalid where this person cannot be erased or the name is another, StaleRecord when the account
        changed at this very moment.
        """
        self._roles.check_permission(actor=actor, permission=Permission.USER_ERASE)
        item = _find(user_id)
        refusal = self._refusal(actor, item)
        if refusal is not None:
            raise Invalid(refusal)
        if " ".join(confirmed.split()).casefold() != item.name.casefold():
            message = "This is not the person's name. Nothing was changed."
            raise Invalid(message, {"confirmed": message})
        erasure = Erasure(user_id, actor.user_id, now, self._traces(item))
        act = self._audit_writer.entry(
            actor=actor, now=now, action="user.erasure_asked", subject=f"user:{user_id}"
        )
        ended = {"version": int(item.version) + 1, "active": False, "valid_after": now}

        def write() -> None:
            leaving = self._administrators.when_person_leaves(item)
            user_table.update_if(item, ["version"], also=[job.first(erasure.item()), act, *leaving], **ended)

        try:
            transaction.retry_locked(write)
        except VersionMoved as moved:
            raise StaleRecord from moved
        self._sessions.revoke_all(user_id=user_id)

    def advance(self, *, now: datetime) -> int:
        """Do the next parts of every erasure under way; returns how many. For the worker."""
        return sum(self._advance(Erasure.from_model(item), now) for item in job.running(KIND))

    def _advance(self, erasure: Erasure, now: datetime) -> int:
        for part in range(PARTS):
            if erasure.waits(now) or erasure.traces is None:
                return part
            outcome = self._steps[erasure.step].run(erasure.traces, erasure.cursor, now)
            moved = erasure.went_on(outcome, len(self._steps), now)
            if moved.done_at is not None:
                self._finish(moved, now)
                return part + 1
            try:
                job.put(moved.item(), expected_version=erasure.version)
            except VersionMoved:  # another worker took over a moment ago
                return part
            erasure = replace(moved, version=erasure.version + 1)
        return PARTS

    def _finish(self, erasure: Erasure, now: datetime) -> None:
        """Write down that it is done, once and with no name, and forget whom was looked for."""
        asker = Actor(user_id=erasure.asked_by, name="", kind="agent")
        act = self._audit_writer.entry(
            actor=asker,
            now=now,
            action="user.erased",
            subject=f"user:{erasure.user_id}",
            after=erasure.counts,
        )
        with suppress(VersionMoved):  # another worker took over a moment ago
            job.put(erasure.item(), expected_version=erasure.version, also=[act])

    def _refusal(self, actor: Actor, item: UserItem) -> str | None:
        if item.erased_at is not None or job.find(KIND, item.user_id) is not None:
            return "This person is erased already, or about to be."
        if item.user_id == actor.user_id:
            return "You cannot erase yourself. Ask another administrator."
        permissions = self._roles.get(item.role_id).permissions
        if not all(actor.scope(permission).covers(scope) for permission, scope in permissions.items()):
            return "You cannot erase somebody whose role allows more than your own."
        try:
            self._administrators.when_person_leaves(item)
        except LastAdministrator as last:
            return last.message
        return None

    def _traces(self, item: UserItem) -> PersonalDataMatcher:
        """Gather all names and addresses the person has had: the trail knows the earlier ones."""
        acts = list(audit_table.of_subject(f"user:{item.user_id}"))
        names = _known(item.name, acts, "name")
        return PersonalDataMatcher(
            user_id=item.user_id,
            addresses=_known(item.email, acts, "email", *_asked_for(item)),
            names=names,
            unique=tuple(name for name in names if telling(name) and not self._is_shared(name, item.user_id)),
        )

    def _is_shared(self, name: str, user_id: str) -> bool:
        folded = sort_name(name)
        return any(user_table.others_named(folded, role_id, user_id) for role_id in self._roles.ids())


def _asked_for(item: UserItem) -> list[str]:
    """List addresses that the person wants to have, where a link was sent that nobody has opened yet."""
    return [fact for _, _, *facts in (item.links or {}).values() for fact in facts]


def _known(present: str | None, acts: Sequence[AuditEntry], field: str, *more: str) -> tuple[str, ...]:
    values = {present, *more, *(value for act in acts for value in (act.changes or {}).get(field, ()))}
    return tuple(sorted(value for value in values if isinstance(value, str) and value))


def _find(user_id: str) -> UserItem:
    item = user_table.find(user_id)
    if item is None:
        raise UserNotFound
    return item
