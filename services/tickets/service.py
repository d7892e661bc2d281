"""Tickets: created, answered, changed, assigned, read; the one place that grid, page and API call."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from models.errors import EngineUnavailable
from models.ticket import Ticket as TicketItem
from models.tickets_listing import Condition, Listing, ListRequest, Op, Page, Sort, TicketRow
from services.catalog import CatalogService
from services.tickets import undo
from services.tickets.assignment import AssignmentService
from services.tickets.audit import AuditService
from services.tickets.fields import Fields
from services.tickets.permissions import ASSIGNING, Access, asked_for
from services.tickets.ticket import Event, Ticket
from services.tickets.validation import check_category, check_known, clean_body, clean_changes, clean_message
from services.tickets.workflow import WorkflowService
from services.tickets.writer import Author, Draft, TicketWriter, unavailable
from services.users.accounts import UserService
from services.users.authorization import RoleService
from services.users.identity import Actor, Permission, PermissionDenied, Scope


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
    ) -> None:
        self._roles, self._users, self._catalog, self._access = roles, users, catalog, Access(roles)
        self._workflow, self._assignments, self._audit = workflow, assignments, audit
        self._writer, self._listing = writer, listing

    # Reading

    def get(self, *, actor: Actor, ticket_id: int) -> Ticket:
        """Return a ticket; raises TicketNotFound, also for one the actor may not see."""
        try:
            ticket = self._writer.load(ticket_id)[0]
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

    def page(self, *, actor: Actor, request: ListRequest) -> Page:
        """Return one page of the tickets the actor may see."""
        self._roles.check_permission(actor=actor, permission=Permission.TICKET_VIEW, any_scope=True)
        return self._listing.page(self._access.scoped(actor, request))

    def list_scope(self, *, actor: Actor) -> Scope:
        """Tell what the actor's lists hold: all tickets, those of the actor's teams, or the actor's own."""
        return self._access.list_scope(actor)

    def iterate(
        self, *, actor: Actor, conditions: tuple[Condition, ...], sort: Sort | None
    ) -> Iterator[TicketRow]:
        """Walk all tickets that match, for exports; raises PermissionDenied before the first row."""
        self._roles.check_permission(actor=actor, permission=Permission.TICKET_EXPORT, any_scope=True)
        scoped = self._access.scoped(actor, ListRequest(conditions))
        return self._listing.iterate(scoped.conditions, sort)

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
        category: str | None = None,
        priority: str = "normal",
        team_id: str | None = None,
        assignee_id: str | None = None,
        channel: str = "web",
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Open a ticket for the actor, or for somebody else when the role allows it.

        `idempotency_key` is a key under which the same wish creates one ticket only, however often it arrives.
        """
        requester = requester_id or actor.user_id
        self._roles.check_permission(
            actor=actor, permission=Permission.TICKET_CREATE, owner_id=requester, team_id=team_id
        )
        subject, text = clean_message(subject, body)
        wanted = {
            "subject": subject,
            "status": "new",
            "priority": priority,
            "category": category or None,
            "team_id": team_id or None,
            "assignee_id": assignee_id or None,
            "requester_id": requester,
            "channel": channel,
        }
        self._check_new(actor, wanted)
        wanted["organization_id"] = self._users.organization_of(requester)
        draft = Draft("created", wanted, text, public=True)
        author = Author.of(actor, now, idempotency_key, "create", sorted(wanted.items()), text)
        return self._writer.create(author, draft)

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
        wanted = clean_changes(changes)
        text = clean_body(body) if body is not None else None
        speaking = None if text is None else Permission.TICKET_REPLY if public else Permission.TICKET_NOTE

        def prepare(item: TicketItem, fields: Fields) -> Draft | None:
            ticket = Ticket.from_model(item)
            self._access.write(actor, ticket, speaking, changing=bool(wanted))
            kept = self._writer.rebase(item, fields, expected_version, wanted)
            self._may_change(actor, ticket, kept)
            if "status" in kept:
                self._workflow.check(fields["status"], kept["status"])
            elif speaking is Permission.TICKET_REPLY:
                kept |= _changed(fields, "status", self._after_reply(actor, fields, now))
            if text is not None:
                return Draft("replied" if public else "noted", kept, text, public)
            kind = "assigned" if kept.keys() <= ASSIGNING else "changed"
            return Draft(kind, kept) if kept else None

        wish = ("update", ticket_id, sorted(wanted.items()), text, public)
        return self._writer.change(ticket_id, Author.of(actor, now, idempotency_key, *wish), prepare)

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

    def undo(self, *, actor: Actor, now: datetime, ticket_id: int, version: int) -> Ticket:
        """Take back the field changes of one version, as a new version.

        Raises ChangedSince when a field no longer holds what that version set, AlreadyUndone the second
        time, and whatever the change itself would raise.
        """

        def prepare(item: TicketItem, fields: Fields) -> Draft:
            ticket = Ticket.from_model(item)
            self._access.write(actor, ticket, None, changing=True)
            history = self._audit.changed_since(ticket_id=ticket_id, version=version - 1)
            restored, followed = undo.plan(history, fields, version, self._workflow)
            self._may_change(actor, ticket, restored)
            kind = "assigned" if restored.keys() <= ASSIGNING else "changed"
            return Draft(kind, restored | followed, undoes=version)

        return self._writer.change(ticket_id, Author(actor, now), prepare)

    def customer_reply(
        self, *, actor: Actor, now: datetime, ticket_id: int, body: str, idempotency_key: str | None = None
    ) -> Ticket:
        """Add a message of who asked, or of who shares their tickets; a pending or solved one opens again."""
        text = clean_body(body)

        def prepare(item: TicketItem, fields: Fields) -> Draft:
            ticket = Ticket.from_model(item)
            self._access.see(actor, ticket)
            if not self._access.answers_as_customer(actor, ticket):
                raise PermissionDenied(Permission.TICKET_REPLY)
            status = self._workflow.after_customer_reply(fields, now)
            return Draft("replied", _changed(fields, "status", status), text, public=True)

        author = Author.of(actor, now, idempotency_key, "customer_reply", ticket_id, text)
        return self._writer.change(ticket_id, author, prepare)

    def customer_solve(self, *, actor: Actor, now: datetime, ticket_id: int) -> Ticket:
        """Let the requester say that it is sorted out; does nothing to a ticket that is done."""

        def prepare(item: TicketItem, fields: Fields) -> Draft | None:
            self._access.requester(actor, Permission.TICKET_REPLY, Ticket.from_model(item))
            if fields["status"] in ("solved", "closed"):
                return None
            return Draft("changed", {"status": "solved"}, public=True)

        return self._writer.change(ticket_id, Author(actor, now), prepare)

    # Rules

    def _check_new(self, actor: Actor, wanted: Mapping[str, Any]) -> None:
        check_known("priority", wanted["priority"])
        check_known("channel", wanted["channel"])
        check_category(wanted["category"], self._catalog)
        if wanted["assignee_id"] or wanted["team_id"]:
            self._roles.check_permission(actor=actor, permission=Permission.TICKET_ASSIGN, any_scope=True)
        self._assignments.check(wanted)
        if wanted["requester_id"] != actor.user_id:
            self._users.get(wanted["requester_id"])

    def _may_change(self, actor: Actor, ticket: Ticket, kept: Mapping[str, Any]) -> None:
        self._access.change(actor, ticket, kept.keys())
        self._assignments.check(kept)
        check_category(kept.get("category"), self._catalog)

    def _may_undo(self, actor: Actor, ticket: Ticket, event: Event, last: Mapping[str, int]) -> bool:
        return undo.possible(event, ticket, self._workflow, last) and all(
            self._access.allows(actor, permission, ticket) for permission in asked_for(event.changes.keys())
        )

    def _after_reply(self, actor: Actor, fields: Fields, now: datetime) -> str:
        if actor.kind == "customer":
            return self._workflow.after_customer_reply(fields, now)
        return self._workflow.after_agent_reply(fields["status"])


def _changed(fields: Fields, name: str, value: Any) -> Fields:
    return {name: value} if fields.get(name) != value else {}
