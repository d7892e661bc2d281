"""TicketBulk: the same change to many tickets, and taking it back, as jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from models.ticket_fields import BY_NAME
from services.errors import Invalid
from services.jobs import Job, JobMoved, JobService, Task
from services.tickets.permissions import asked_for
from services.tickets.service import TicketService
from services.tickets.ticket_errors import AlreadyUndone
from services.tickets.validation import check_known, clean_changes
from services.users.authorization import RoleService
from services.users.identity import Actor

CHANGE, UNDO = "ticket_changes", "ticket_undos"


@dataclass(frozen=True)
class Chosen:
    """A ticket to change, and the version that whoever chose it looked at; None for whatever it is by then."""

    ticket_id: int
    version: int | None = None


class TicketBulk:
    """Changes many tickets in the background: what can be changed is, what cannot is listed with its reason."""

    def __init__(self, tickets: TicketService, jobs: JobService, roles: RoleService) -> None:
        self._tickets, self._jobs, self._roles = tickets, jobs, roles
        jobs.register(CHANGE, self._change)
        jobs.register(UNDO, self._undo)

    def change(
        self,
        *,
        actor: Actor,
        now: datetime,
        tickets: Sequence[Chosen],
        changes: Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> Job:
        """Start a job that makes the same changes in every ticket; raises Invalid, PermissionDenied.

        The changes are checked at once, each ticket when its turn comes. The same key starts one job.
        """
        cleaned = clean_changes(changes)
        for permission in asked_for(cleaned):
            self._roles.check_permission(actor=actor, permission=permission, any_scope=True)
        if not cleaned:
            raise Invalid("Name at least one field to change.", {"changes": "Name at least one field."})
        for name, value in cleaned.items():
            if BY_NAME[name].ranked:
                check_known(name, value)
        chosen = {each.ticket_id: each for each in tickets}
        noun = "ticket" if len(chosen) == 1 else "tickets"
        return self._jobs.start(
            actor=actor,
            now=now,
            kind=CHANGE,
            title=f"Changing {len(chosen):,} {noun}",
            subjects=[[each.ticket_id, each.version] for each in chosen.values()],
            arguments={"changes": cleaned},
            id_=None if idempotency_key is None else _id_of("change", idempotency_key, actor.user_id),
        )

    def undo(self, *, actor: Actor, now: datetime, job: Job) -> Job:
        """Start a job that takes back what another one changed, ticket by ticket; the same one if asked again.

        Raises Invalid for a job that changed nothing, JobMoved for one that still goes on, PermissionDenied as the
        change itself would.
        """
        for permission in asked_for(job.arguments.get("changes", {})):
            self._roles.check_permission(actor=actor, permission=permission, any_scope=True)
        if job.kind != CHANGE:
            raise Invalid("This job changed nothing that can be undone.")
        if not job.has_ended:
            raise JobMoved("This job has not ended. Stop it first, or wait for its end.")
        changed = [
            [result.subject[0], result.value]
            for result in self._jobs.results(job=job)
            if result.value is not None
        ]
        if not changed:
            raise Invalid("This job changed nothing that can be undone.")
        noun = "ticket" if len(changed) == 1 else "tickets"
        return self._jobs.start(
            actor=actor,
            now=now,
            kind=UNDO,
            title=f"Undoing the change of {len(changed):,} {noun}",
            subjects=changed,
            id_=_id_of("undo", job.id, actor.user_id),
        )

    def _change(self, actor: Actor, task: Task, now: datetime) -> int | None:
        """Change one ticket, and return the version that this wrote, None if it was so already."""
        ticket_id, version = task.subject
        seen = version or self._tickets.get(actor=actor, ticket_id=ticket_id).version
        ticket = self._tickets.update(
            actor=actor,
            now=now,
            ticket_id=ticket_id,
            expected_version=seen,
            changes=task.job.arguments["changes"],
            idempotency_key=task.key,
        )
        return ticket.written_as

    def _undo(self, actor: Actor, task: Task, now: datetime) -> int | None:
        ticket_id, version = task.subject
        try:
            return self._tickets.undo(actor=actor, now=now, ticket_id=ticket_id, version=version).version
        except AlreadyUndone:
            return None


def _id_of(*parts: str) -> str:
    """Return the id of a job that is started once."""
    return sha256(repr(parts).encode()).hexdigest()[:32]
