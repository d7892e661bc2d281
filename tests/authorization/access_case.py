"""One try: who does something to what."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask.testing import FlaskClient

from services.jobs import Job
from services.tickets import Ticket
from services.users.credentials.sessions import hash_token
from tests.authorization.matrix_site import NOBODY, MatrixSite, Person

TICKETS = ("own", "shared", "team", "foreign")  # "shared" by somebody of the same organization
PEOPLE = ("own", "foreign")
RANKS = ("above", "elsewhere")  # an administrator; a clerk of another team


@dataclass
class AccessCase:
    """One try: who, on which object ("own" or "own status"), with things of its own when it may succeed."""

    matrix_site: MatrixSite
    who: Person
    object: str
    fresh: bool
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return whose the object is."""
        return self.object.partition(" ")[0]

    @property
    def part(self) -> str:
        """Return which part of the object it is about, "" for the whole."""
        return self.object.partition(" ")[2]

    @cached_property
    def client(self) -> FlaskClient:
        """Return a browser of the person."""
        return self.matrix_site.client(self.who)

    @cached_property
    def ticket(self) -> Ticket:
        """Return the ticket it is about."""
        if self.fresh:
            return self.matrix_site.ticket(self.who, self.kind)
        return self.matrix_site.shared_ticket(self.who.column, self.kind)

    @cached_property
    def other(self) -> Person:
        """Return the person it is about."""
        if self.kind == "own":
            return self.who
        return self.matrix_site.somebody_else(self.kind, fresh=self.fresh)

    @cached_property
    def session_id(self) -> str:
        """Return a session of the person it is about, one that may end where it may succeed."""
        sessions, now = self.matrix_site.services.users.sessions, self.matrix_site.now()
        if self.fresh:
            return hash_token(sessions.start(user_id=self.other.user_id, now=now))
        return sessions.of_user(user_id=self.other.user_id, now=now)[0].id

    @cached_property
    def account(self) -> Person:
        """Return whose address is given on the sign-in pages: the person's, somebody's for nobody."""
        return self.matrix_site.person("customer") if self.who.column == NOBODY else self.who

    @cached_property
    def link(self) -> str:
        """Return the token of a link for somebody else."""
        return self.matrix_site.link(self.matrix_site.person("customer"))

    @cached_property
    def role_id(self) -> str:
        """Return a custom role that nobody has."""
        return self.matrix_site.new_role() if self.fresh else self.matrix_site.spare_role

    @cached_property
    def token_id(self) -> str:
        """Return an API token of the person it is about, one that may end where it may succeed."""
        return self.matrix_site.token(self.other, fresh=self.fresh)[0]

    @cached_property
    def job(self) -> Job:
        """Return a job of the person it is about, which changed a ticket."""
        if not self.fresh:
            return self.matrix_site.shared_job(self.other)
        owner = self.matrix_site.stranger if self.other.actor is None else self.other
        job = self.matrix_site.job(owner, self.ticket.ticket_id)
        if self.part == "ended":
            jobs = self.matrix_site.services.jobs
            jobs.advance(now=self.matrix_site.now())
            return jobs.get(actor=owner.actor, job_id=job.id)
        return job

    def entry(self, kind: str) -> str:
        """Return a team or a category that nothing needs, the same each time."""
        if kind not in self.notes:
            self.notes[kind] = (
                self.matrix_site.entry(kind) if self.fresh else self.matrix_site.spare_entry(kind)
            )
        return str(self.notes[kind])


# Of routes and of services: the objects and the value that go by an argument's name.
ARGUMENTS: dict[str, tuple[tuple[str, ...], Callable[[AccessCase], Any]]] = {
    "ticket_id": (TICKETS, lambda s: s.ticket.ticket_id),
    "user_id": (PEOPLE, lambda s: s.other.user_id),
    "session_id": (PEOPLE, lambda s: s.session_id),
    "token_id": (PEOPLE, lambda s: s.token_id),
    "job_id": (PEOPLE, lambda s: s.job.id),
    "role_id": (("-",), lambda s: s.role_id),
    "export_type": (("-",), lambda _: "csv"),
}
