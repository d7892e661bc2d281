"""Tickets: created, answered, changed, assigned, read; the one place that grid, page and API call."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from models import ticket as ticket_table
from models.store_errors import EngineUnavailable
from models.ticket_fields import EDITABLE
from models.tickets_listing import Condition, Listing, ListRequest, Op, Page, Sort, TicketRow
from models.user import AddressClaimed
from services.catalog import CatalogService
from services.errors import Invalid
from services.tickets import undo
from services.tickets.assignment import AssignmentService
from services.tickets.audit import AuditService
from services.tickets.fields import JsonFields
from services.tickets.permissions import ASSIGNING, Access, asked_for
from services.tickets.ticket import Event, Reply, Ticket
from services.tickets.validation import check_category, check_known, clean_body, clean_changes, clean_message
from services.tickets.workflow import WorkflowService
from services.tickets.writer import Author, Draft, TicketWriter, unavailable
from services.users.accounts import NewCustomer, UserService
from services.users.authorization import RoleService
from services.users.identity import Actor, AddressTaken, Permission, PermissionDenied, Scope

READ_TOGETHER = 100  # tickets of an export
REPLIES_FROM = 10  # tickets whose replies are shown together
# What a ticket may be opened with beside its subject; the workflow decides its first status.
OPENED_WITH = tuple(name for name in EDITABLE if name not in ("subject", "status"))


class TicketService:
    """The tickets domain's front door for everything that concerns one ticket or a list of them."""

    def __init__(
        self,
        *,
        roles: RoleService,
        users: UserService,
        catalog: CatalogService,
        workflow: WorkflowService,
        assignments: AssignmentService,
        audit: AuditService,
        writer: TicketWriter,
        listing: Listing,
        assigns_on_reply: bool,
    ) -> None:
        self._roles, self._users, self._catalog, self._access = roles, users, catalog, Access(roles)
        self._workflow, self._assignments, self._audit = workflow, assignments, audit
        self._writer, self._listing, self._assigns_on_reply = writer, listing, assigns_on_reply

    # Reading

    def get(self, *, actor: Actor, ticket_id: int) -> Ticket:
        """Return a ticket; raises TicketNotFound, also for one the actor may not see."""
        try:
            ticket = self._writer.load(ticket_id)
        except EngineUnavailable as error:
            raise unavailable() from error
        self._access.see(actor, ticket)
        return ticket

    def timeline(self, *, actor: Actor, ticket_id: int) -> tuple[Ticket, list[Event]]:
        """Return a ticket with its history, oldest first; without internal parts for those outside."""
        ticket = self.get(actor=actor, ticket_id=ticket_id)
        inside = self._access.allows(actor, Permission.TICKET_NOTE, ticket)
        try:
            events = self._audit.events(ticket_id=ticket_id, public_only=not inside)
        except EngineUnavailable as error:
            raise unavailable() from error
        last = undo.setters(events)
        return ticket, [
            replace(event, undoable=True) if self._may_undo(actor, ticket, event, last) else event
            for event in events
        ]

    def as_of(
        self, *, actor: Actor, ticket_id: int, version: int | None = None, moment: datetime | None = None
    ) -> Ticket:
        """Return a ticket as it was at a version, or at a moment; only who reads internal notes may look back.

        Raises TicketNotFound, also when the ticket did not exist yet, and PermissionDenied.
        """
        self._access.check(actor, Permission.TICKET_NOTE, self.get(actor=actor, ticket_id=ticket_id))
        try:
            return self._audit.as_of(ticket_id=ticket_id, version=version, moment=moment)
        except EngineUnavailable as error:
            raise unavailable() from error

    def page(self, *, actor: Actor, request: ListRequest) -> Page:
        """Return one page of the tickets the actor may see."""
        self._roles.check_permission(actor=actor, permission=Permission.TICKET_VIEW, any_scope=True)
        return self._listing.page(self._access.scoped(actor, request))

    def list_scope(self, *, actor: Actor) -> Scope:
        """Tell what the actor's lists hold: all tickets, those of the actor's teams, or the actor's own."""
        return self._access.list_scope(actor)

    def iterate(
        self, *, actor: Actor, conditions: tuple[Condition, ...], sort: Sort | None
    ) -> Iterator[Ticket]:
        """Walk all tickets that match, for exports; raises PermissionDenied before the first one.

        Lists say which they are; the tickets themselves are read as they are by then, many at once.
        """
        self._roles.check_permission(actor=actor, permission=Permission.TICKET_EXPORT, any_scope=True)
        scoped = self._access.scoped(actor, ListRequest(conditions))
        return self._read(actor, self._listing.iterate(scoped.conditions, sort))

    def _read(self, actor: Actor, rows: Iterator[TicketRow]) -> Iterator[Ticket]:
        while ids := [row.ticket_id for row in islice(rows, READ_TOGETHER)]:
            items = ticket_table.find_many(ids)
            tickets = [Ticket.from_model(items[ticket_id]) for ticket_id in ids if ticket_id in items]
            yield from (
                ticket for ticket in tickets if self._access.allows(actor, Permission.TICKET_VIEW, ticket)
            )

    def sortable(self, *, actor: Actor, conditions: tuple[Condition, ...]) -> set[str]:
        """Tell by which fields such a list of the tickets the actor may see can be sorted."""
        return self._listing.sortable(self._access.scoped(actor, ListRequest(conditions)).conditions)

    def get_tickets_by_user(
        self,
        *,
        actor: Actor,
        user_id: str,
        done: bool | None = False,
        size: int = 25,
        cursor: str | None = None,
    ) -> Page:
        """Return a page of the tickets a person asked for, newest change first; `done` None: of all."""
        conditions = [Condition("requester_id", Op.EQ, user_id)]
        if done is not None:
            conditions.append(Condition("state", Op.EQ, "done" if done else "open"))
        request = ListRequest(
            conditions=tuple(conditions), sort=Sort("updated_at", descending=True), size=size, cursor=cursor
        )
        return self.page(actor=actor, request=request)

    def latest_replies(self, *, actor: Actor, user_id: str, most: int = 6) -> list[Reply]:
        """Return what others told a requester in public, the latest first, from the tickets that changed last."""
        page = self.get_tickets_by_user(actor=actor, user_id=user_id, done=None, size=REPLIES_FROM)
        tickets = ticket_table.find_many([row.ticket_id for row in page.rows])
        answered = [ticket_id for ticket_id, ticket in tickets.items() if ticket.agent_replies]
        replies = [
            Reply(ticket_id, event)
            for ticket_id in answered
            for event in self._audit.events(ticket_id=ticket_id, public_only=True)
            if event.kind == "replied" and event.actor_kind == "agent" and event.actor_id != user_id
        ]
        return sorted(replies, key=lambda reply: reply.event.at, reverse=True)[:most]

    def get_tickets_of_organization(
        self, *, actor: Actor, done: bool | None = None, size: int = 25, cursor: str | None = None
    ) -> Page:
        """Return a page of the tickets that the members of the actor's organization share with each other.

        Raises PermissionDenied while they do not share.
        """
        if self.list_scope(actor=actor) is not Scope.ORGANIZATION:
            raise PermissionDenied(Permission.TICKET_VIEW)
        state = () if done is None else (Condition("state", Op.EQ, "done" if done else "open"),)
        shared = Condition("organization_id", Op.EQ, actor.organization_id)
        newest = Sort("updated_at", descending=True)
        return self.page(actor=actor, request=ListRequest((shared, *state), newest, size, cursor))

    def may_answer(self, *, actor: Actor, ticket: Ticket) -> bool:
        """Tell whether the actor may reply as one who asks: the requester, or who shares their tickets."""
        return self._access.answers_as_customer(actor, ticket)

    # Writing

    def create(
        self,
        *,
        actor: Actor,
        now: datetime,
        subject: str,
        body: str,
        requester_id: str | None = None,
        channel: str = "web",
        idempotency_key: str | None = None,
        **fields: str | None,
    ) -> Ticket:
        """Open a ticket for the actor, or for somebody else when the role allows it.

        `fields` are any of OPENED_WITH. The same `idempotency_key` opens one ticket only, however often it arrives.
        Raises Invalid, PermissionDenied, KeyReused when it arrives with other input.
        """
        values, text = self._opened(actor, requester_id or actor.user_id, (subject, body), channel, fields)
        author = Author.of(actor, now, idempotency_key, "create", sorted(values.items()), text)
        if values["requester_id"] != actor.user_id:
            self._users.get(values["requester_id"])
        values["organization_id"] = self._users.organization_of(values["requester_id"])
        return self._writer.create(author, Draft("created", values, text, public=True))

    def create_with_requester(
        self,
        *,
        actor: Actor,
        now: datetime,
        requester: NewCustomer,
        subject: str,
        body: str,
        channel: str = "web",
        idempotency_key: str | None = None,
        **fields: str | None,
    ) -> Ticket:
        """Open a ticket for a new customer, who is written with it or not at all; otherwise like `create`.

        Raises AddressTaken too.
        """
        values, text = self._opened(actor, requester.user.user_id, (subject, body), channel, fields)
        values["organization_id"] = requester.user.organization_id
        told = (sorted(values.items()), requester.user.name, requester.user.email)
        author = Author.of(actor, now, idempotency_key, "create", *told, text)
        try:
            return self._writer.create(
                author, Draft("created", values, text, public=True, also=requester.writes)
            )
        except AddressClaimed as claimed:
            raise AddressTaken from claimed

    def _opened(
        self,
        actor: Actor,
        requester_id: str,
        message: tuple[str, str],
        channel: str,
        fields: Mapping[str, str | None],
    ) -> tuple[JsonFields, str]:
        """Check a new ticket and return its values and message; raises Invalid, PermissionDenied."""
        self._roles.check_permission(
            actor=actor,
            permission=Permission.TICKET_CREATE,
            owner_id=requester_id,
            team_id=fields.get("team_id"),
        )
        unknown = next((name for name in fields if name not in OPENED_WITH), None)
        if unknown is not None:
            raise Invalid(f"The field {unknown[:40]!r} cannot be set here.")
        subject, text = clean_message(*message)
        values: JsonFields = {
            **dict.fromkeys(OPENED_WITH),
            **clean_changes({"priority": "normal", **fields}),
            "subject": subject,
            "status": "new",
            "requester_id": requester_id,
            "channel": channel,
        }
        self._check_new(actor, values)
        return values, text

    def update(
        self,
        *,
        actor: Actor,
        now: datetime,
        ticket_id: int,
        expected_version: int,
        changes: Mapping[str, Any],
        body: str | None = None,
        public: bool = True,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Change fields, with or without a public reply or an internal note, as one version.

        `expected_version` is the version the writer looked at. Changes others made meanwhile to other fields are
        kept; the same field raises Conflict and nothing is written. Raises Invalid, PermissionDenied.
        """
        cleaned = clean_changes(changes)
        text = clean_body(body) if body is not None else None
        speaking = None if text is None else Permission.TICKET_REPLY if public else Permission.TICKET_NOTE

        def prepare(ticket: Ticket) -> Draft | None:
            self._access.write(actor, ticket, speaking, changing=bool(cleaned))
            effective = self._writer.rebase(ticket, expected_version, cleaned)
            self._may_change(actor, ticket, effective)
            if "status" in effective:
                self._workflow.check(ticket.status, effective["status"])
            elif speaking is Permission.TICKET_REPLY:
                effective |= _status(ticket, self._after_reply(actor, ticket, now))
            if speaking is Permission.TICKET_REPLY and "assignee_id" not in cleaned:
                effective |= self._taken_on(actor, ticket)
            if text is not None:
                return Draft("replied" if public else "noted", effective, text, public)
            kind = "assigned" if effective.keys() <= ASSIGNING else "changed"
            return Draft(kind, effective) if effective else None

        request = ("update", ticket_id, sorted(cleaned.items()), text, public)
        return self._writer.change(ticket_id, Author.of(actor, now, idempotency_key, *request), prepare)

    def assign_ticket(
        self, *, actor: Actor, now: datetime, ticket_id: int, assignee_id: str | None, expected_version: int
    ) -> Ticket:
        """Give a ticket to an agent, or to nobody.

        Part of the public interface for callers of the services; pages and the API change several fields at once.
        """
        changes = {"assignee_id": assignee_id}
        return self.update(
            actor=actor, now=now, ticket_id=ticket_id, expected_version=expected_version, changes=changes
        )

    def undo(
        self, *, actor: Actor, now: datetime, ticket_id: int, version: int, idempotency_key: str | None = None
    ) -> Ticket:
        """Take back the field changes of one version, as a new version.

        Raises ChangedSince when a field no longer holds what that version set, AlreadyUndone the second
        time, and whatever the change itself would raise.
        """

        def prepare(ticket: Ticket) -> Draft:
            self._access.write(actor, ticket, None, changing=True)
            history = self._audit.changed_since(ticket_id=ticket_id, version=version - 1)
            restored, followed = undo.plan(history, ticket, version, self._workflow)
            self._may_change(actor, ticket, restored)
            kind = "assigned" if restored.keys() <= ASSIGNING else "changed"
            return Draft(kind, restored | followed, undoes=version)

        author = Author.of(actor, now, idempotency_key, "undo", ticket_id, version)
        return self._writer.change(ticket_id, author, prepare)

    def customer_reply(
        self, *, actor: Actor, now: datetime, ticket_id: int, body: str, idempotency_key: str | None = None
    ) -> Ticket:
        """Add a message of who asked, or of who shares their tickets; a pending or solved one opens again."""
        text = clean_body(body)

        def prepare(ticket: Ticket) -> Draft:
            self._access.see(actor, ticket)
            if not self._access.answers_as_customer(actor, ticket):
                raise PermissionDenied(Permission.TICKET_REPLY)
            status = self._workflow.after_customer_reply(ticket, now)
            return Draft("replied", _status(ticket, status), text, public=True)

        author = Author.of(actor, now, idempotency_key, "customer_reply", ticket_id, text)
        return self._writer.change(ticket_id, author, prepare)

    def customer_solve(self, *, actor: Actor, now: datetime, ticket_id: int) -> Ticket:
        """Let the requester say that it is sorted out; does nothing to a ticket that is done."""

        def prepare(ticket: Ticket) -> Draft | None:
            self._access.requester(actor, Permission.TICKET_REPLY, ticket)
            if ticket.done:
                return None
            return Draft("changed", {"status": "solved"}, public=True)

        return self._writer.change(ticket_id, Author(actor, now), prepare)

    # Rules

    def _check_new(self, actor: Actor, values: Mapping[str, Any]) -> None:
        check_known("channel", values["channel"])
        check_category(values["category"], self._catalog, actor)
        if any(values[name] for name in ASSIGNING):
            self._roles.check_permission(actor=actor, permission=Permission.TICKET_ASSIGN, any_scope=True)
        self._assignments.check(values)

    def _may_change(self, actor: Actor, ticket: Ticket, changes: Mapping[str, Any]) -> None:
        self._access.change(actor, ticket, changes.keys())
        self._assignments.check(changes)
        check_category(changes.get("category"), self._catalog, actor)

    def _may_undo(self, actor: Actor, ticket: Ticket, event: Event, last: Mapping[str, int]) -> bool:
        return undo.possible(event, ticket, self._workflow, last) and all(
            self._access.allows(actor, permission, ticket) for permission in asked_for(event.changes.keys())
        )

    def _taken_on(self, actor: Actor, ticket: Ticket) -> JsonFields:
        """Assign a ticket that nobody has to the agent who replies to it."""
        takes = self._assigns_on_reply and actor.kind == "agent" and ticket.assignee_id is None
        own = ticket.requester_id == actor.user_id
        if not takes or own or not self._assignments.can_hold(actor.user_id):
            return {}
        return {"assignee_id": actor.user_id}

    def _after_reply(self, actor: Actor, ticket: Ticket, now: datetime) -> str:
        if actor.kind == "customer":
            return self._workflow.after_customer_reply(ticket, now)
        return self._workflow.after_agent_reply(ticket.status)


def _status(ticket: Ticket, status: str) -> JsonFields:
    return {"status": status} if ticket.status != status else {}
