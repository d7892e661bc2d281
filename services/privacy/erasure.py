"""ErasureService: removes a person from all stored data and leaves everything that is counted as it was.

An administrator requests it and the worker does it, part by part. Every part can run twice, and the position
is stored after each, so that the worker may be killed at any moment.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from models import assignment as assignment_table
from models import audit as audit_table
from models import job, ticket_history, transaction
from models import ticket as ticket_table
from models import user as user_table
from models.audit import AuditEntry
from models.store_errors import VersionMoved
from models.user import User as UserItem
from services.errors import Invalid
from services.privacy.erasure_job import KIND, ROUNDS, Erasure
from services.privacy.erasure_steps import Step
from services.privacy.ledger_step import texts_of_others
from services.privacy.name_candidates import Candidate, NameCandidates
from services.privacy.personal_data_matcher import PersonalDataMatcher, is_full_name
from services.users.audit import AuditWriter
from services.users.authorization import LastAdministrator, LastAdministratorLock, Outranked, RoleService
from services.users.credentials import SessionManager
from services.users.identity import Actor, Permission, StaleRecord, User, UserNotFound, sort_name

PARTS_PER_RUN = 8  # half a second of work, so that the worker's other jobs are not late
COUNTED = 1000  # tickets; more are "1,000+"
TICKETS_READ, PLACES_SHOWN = (
    200,
    300,
)  # to choose places in: what a person can look through, and a request can read


@dataclass(frozen=True)
class ErasurePreview:
    """What an erasure would leave: tickets without a name, those still open, and why it is refused, if it is.

    `held` counts the open tickets assigned to the person. Counts stop at COUNTED. `agent` tells whether the
    person worked on other people's tickets.
    """

    person: User
    tickets: int
    open: int
    held: int
    agent: bool
    refusal: str | None


@dataclass(frozen=True)
class NamedPlaces:
    """Where a person may be named in tickets of theirs, the latest ticket first; what was not read or is not shown.

    `unread` counts tickets, `more` places.
    """

    candidates: Sequence[Candidate]
    unread: int = 0
    more: int = 0


@dataclass(frozen=True)
class ErasureProgress:
    """How far an erasure is: the name of its current step, the number of steps and of rounds."""

    erasure: Erasure
    step: str
    steps: int
    rounds: int = ROUNDS

    @property
    def done(self) -> bool:
        """Tell whether the erasure is finished."""
        return self.erasure.done_at is not None


class ErasureService:
    """Erases people at the request of somebody who may."""

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

    def preview(self, *, actor: Actor, user_id: str) -> ErasurePreview:
        """Return what erasing a person would mean; raises UserNotFound, PermissionDenied."""
        self._roles.check_permission(actor=actor, permission=Permission.USER_ERASE)
        item = _find(user_id)
        role = self._roles.get(item.role_id)
        return ErasurePreview(
            person=User.from_model(item),
            tickets=ticket_table.count_of_requester(user_id, COUNTED),
            open=ticket_table.count_of_requester(user_id, COUNTED, state="open"),
            held=ticket_table.count_open_of_assignee(user_id, COUNTED),
            agent=bool(role.permissions.get(Permission.TICKET_NOTE)),
            refusal=self._refusal(actor, item),
        )

    def progress(self, *, actor: Actor, user_id: str) -> ErasureProgress | None:
        """Return how far the erasure of a person is, None if there is none; raises PermissionDenied."""
        self._roles.check_permission(actor=actor, permission=Permission.USER_ERASE)
        item = job.find(KIND, user_id)
        if item is None:
            return None
        erasure = Erasure.from_model(item)
        name = self._steps[min(erasure.step, len(self._steps) - 1)].name
        return ErasureProgress(erasure, name, len(self._steps))

    def named_places(self, *, actor: Actor, user_id: str) -> NamedPlaces:
        """Find where others may name the person in tickets of theirs: by a nickname, for example, or one name alone.

        Raises UserNotFound, PermissionDenied, Outranked.
        """
        self._roles.check_permission(actor=actor, permission=Permission.USER_ERASE)
        item = _find(user_id)
        self._roles.check_rank(actor=actor, account=item)
        return _named_places(self._matcher(item))

    def ask(
        self,
        *,
        actor: Actor,
        user_id: str,
        confirmed: str,
        now: datetime,
        chosen: Collection[str] = (),
    ) -> None:
        """Request the erasure of a person and end their sessions; `confirmed` is their name, typed.

        `chosen` are the keys of the `named_places` that are to be redacted too. Raises Outranked, Invalid if this
        person cannot be erased, the name does not match or a chosen place has changed, StaleRecord if the account is
        changing at the same moment.
        """
        self._roles.check_permission(actor=actor, permission=Permission.USER_ERASE)
        item = _find(user_id)
        self._roles.check_rank(actor=actor, account=item)
        refusal = self._refusal(actor, item)
        if refusal is not None:
            raise Invalid(refusal)
        if " ".join(confirmed.split()).casefold() != item.name.casefold():
            message = "This does not match the person's name. Nothing was changed."
            raise Invalid(message, {"confirmed": message})
        erasure = Erasure(user_id, actor.user_id, now, _with_places(self._matcher(item), chosen))
        audit_entry = self._audit_writer.entry(
            actor=actor, now=now, action="user.erasure_asked", subject=f"user:{user_id}"
        )
        ended = {"version": int(item.version) + 1, "active": False, "valid_after": now}

        def write() -> None:
            leaving = self._administrators.locks_for_erasure(item)
            user_table.update_if(
                item, ["version"], also=[job.first(erasure.item()), audit_entry, *leaving], **ended
            )

        try:
            transaction.retry_locked(write)
        except VersionMoved as moved:
            raise StaleRecord from moved
        self._sessions.revoke_all(user_id=user_id)

    def advance(self, *, now: datetime) -> int:
        """Run the next parts of every erasure in progress and return how many. For the worker."""
        return sum(self._advance(Erasure.from_model(item), now) for item in job.running(KIND))

    def _advance(self, erasure: Erasure, now: datetime) -> int:
        for parts_done in range(PARTS_PER_RUN):
            if erasure.is_waiting(now) or erasure.matcher is None:
                return parts_done
            outcome = self._steps[erasure.step].run(erasure.matcher, erasure.cursor, now)
            moved = erasure.advanced(outcome, len(self._steps), now)
            if moved.done_at is not None:
                self._finish(moved, now)
                return parts_done + 1
            try:
                job.put(moved.item(), expected_version=erasure.version)
            except VersionMoved:  # another worker has just taken over
                return parts_done
            erasure = replace(moved, version=erasure.version + 1)
        return PARTS_PER_RUN

    def _finish(self, erasure: Erasure, now: datetime) -> None:
        """Record once, without a name, that the erasure is finished, and delete what it was looking for."""
        asker = Actor(user_id=erasure.asked_by, name="", kind="agent")
        audit_entry = self._audit_writer.entry(
            actor=asker,
            now=now,
            action="user.erased",
            subject=f"user:{erasure.user_id}",
            after=erasure.counts,
        )
        with suppress(VersionMoved):  # another worker has just taken over
            job.put(erasure.item(), expected_version=erasure.version, also=[audit_entry])

    def _refusal(self, actor: Actor, item: UserItem) -> str | None:
        if item.erased_at is not None or job.find(KIND, item.user_id) is not None:
            return "This person has already been erased, or is being erased."
        if item.user_id == actor.user_id:
            return "You cannot erase yourself. Ask another administrator."
        if self._roles.outranks(actor=actor, account=item):
            return Outranked().message
        try:
            self._administrators.locks_for_erasure(item)
        except LastAdministrator as last:
            return last.message
        return None

    def _matcher(self, item: UserItem) -> PersonalDataMatcher:
        """Collect all names and addresses that the person has had; the audit log has the earlier ones."""
        audit_entries = list(audit_table.of_subject(f"user:{item.user_id}"))
        names = _known(item.name, audit_entries, "name")
        return PersonalDataMatcher(
            user_id=item.user_id,
            addresses=_known(item.email, audit_entries, "email", *_asked_for(item)),
            names=names,
            unique=tuple(
                name for name in names if is_full_name(name) and not self._is_shared(name, item.user_id)
            ),
        )

    def _is_shared(self, name: str, user_id: str) -> bool:
        folded = sort_name(name)
        role_ids = [role.role_id for role in self._roles.stored()]
        return any(user_table.others_named(folded, role_id, user_id) for role_id in role_ids)


def _named_places(matcher: PersonalDataMatcher) -> NamedPlaces:
    involved = {
        *ticket_table.of_requester(matcher.user_id),
        *(int(period.ticket_id) for period in assignment_table.of_agent(matcher.user_id)),
    }
    latest = sorted(involved, reverse=True)
    finder = NameCandidates(matcher.names)
    candidates = [
        candidate
        for ticket_id in latest[:TICKETS_READ]
        for event, field, text in texts_of_others(matcher, ticket_history.of_ticket(ticket_id))
        for candidate in finder.find(
            ticket_id, int(event.version), field, text, certain=matcher.redact_names(text)
        )
    ]
    return NamedPlaces(
        candidates[:PLACES_SHOWN],
        unread=len(latest[TICKETS_READ:]),
        more=len(candidates[PLACES_SHOWN:]),
    )


def _with_places(matcher: PersonalDataMatcher, chosen: Collection[str]) -> PersonalDataMatcher:
    if not chosen:
        return matcher
    present = {candidate.key: candidate.place for candidate in _named_places(matcher).candidates}
    if not present.keys() >= set(chosen):
        message = (
            "A message with a name you chose has changed. Look at the places again. Nothing was changed."
        )
        raise Invalid(message)
    return replace(matcher, places=tuple(present[key] for key in dict.fromkeys(chosen)))


def _asked_for(item: UserItem) -> list[str]:
    """List addresses that the person asked for, whose links nobody has opened yet."""
    return [fact for _, _, *facts in (item.links or {}).values() for fact in facts]


def _known(
    present: str | None, audit_entries: Sequence[AuditEntry], field: str, *more: str
) -> tuple[str, ...]:
    values = {
        present,
        *more,
        *(value for audit_entry in audit_entries for value in (audit_entry.changes or {}).get(field, ())),
    }
    return tuple(sorted(value for value in values if isinstance(value, str) and value))


def _find(user_id: str) -> UserItem:
    item = user_table.find(user_id)
    if item is None:
        raise UserNotFound
    return item
