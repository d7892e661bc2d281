"""The page of somebody who asks: how to reach them, all their tickets, what they were told, their organization."""

from dataclasses import asdict, dataclass
from typing import Any

from flask import render_template, request, url_for

from portal.ui.grid_links import tickets as tickets_url
from portal.web.guards import actor, services
from services.tickets import Condition, ListRequest, Op, Page, Reply, Sort, TicketRow
from services.users.directory import opens_for_others
from services.users.identity import Actor, Permission, Scope, User

COUNTED = 100  # tickets of a kind that are read; beyond them the page says "more than"
SHOWN = 25
COLLEAGUES_SHOWN = 5
LINE = 240  # characters of a reply; the page shows as many as fit
GREETING, GREETING_ENDS = 40, (",", ":", "!")  # at most so many characters, with one of these at the end
STATES = ("", "open", "done")


@dataclass(frozen=True)
class Count:
    """How many there are, or more than a number of them."""

    number: int
    more: bool

    def __str__(self) -> str:
        """Write it for people."""
        return f"more than {self.number:,}" if self.more else f"{self.number:,}"


def page(user_id: str) -> str:
    """Render the page; raises UserNotFound unless the actor sees one of their tickets or may find the person."""
    who = actor()
    user = services().users.accounts.get(user_id)
    held = {
        done: services().tickets.service.get_tickets_by_user(
            actor=who, user_id=user_id, done=done, size=COUNTED
        )
        for done in (False, True)
    }
    if not any(page.rows for page in held.values()):
        services().users.directory.check(actor=who, user=user)
    state = request.args.get("state", "")
    rows = _rows(held, state if state in STATES else "")
    told = services().tickets.service.latest_replies(actor=who, user_id=user_id)
    named = {row.assignee_id for row in rows[:SHOWN]} | {reply.event.actor_id for reply in told}
    names = services().users.accounts.names(named)
    counts = {
        "open": _count(held[False]),
        "done": _count(held[True]),
        "all": Count(sum(len(page.rows) for page in held.values()), any(map(_has_more, held.values()))),
    }
    return render_template(
        "desk/person.html",
        person=user,
        role=services().users.accounts.get_user_role(user_id=user_id).name,
        counts=counts,
        state=state,
        tabs=_tabs(user_id, state, counts),
        rows=[_row(row, names) for row in rows[:SHOWN]],
        replies=[_reply(reply, names) for reply in told],
        more_url=tickets_url(requester=user_id) if len(rows) > SHOWN or counts["all"].more else None,
        organization=_organization(who, user),
        new_url=url_for("desk.new", requester=user_id) if opens_for_others(who) else None,
        links=_links(who, user),
        teams=services().catalog.names("team"),
    )


def _rows(held: dict[bool, Page], state: str) -> list[TicketRow]:
    """List the open tickets before the others, each side by its latest change."""
    sides = {"open": (False,), "done": (True,)}.get(state, (False, True))
    return [row for done in sides for row in held[done].rows]


def _row(row: TicketRow, names: dict[str, str]) -> dict[str, Any]:
    url = url_for("desk.ticket", ticket_id=row.ticket_id)
    return asdict(row) | {"url": url, "assignee": names.get(row.assignee_id or "", row.assignee_id or "")}


def _reply(reply: Reply, names: dict[str, str]) -> dict[str, Any]:
    event = reply.event
    return {
        "ticket_id": reply.ticket_id,
        "text": first_line(event.body or "")[:LINE],
        "by": names.get(event.actor_id, "a deleted user"),
        "at": event.at,
        "url": url_for("desk.ticket", ticket_id=reply.ticket_id, _anchor=f"v{event.version}"),
    }


def first_line(body: str) -> str:
    """Return the line of a message that says something: the first one, or the next after a greeting: "Hello Ines,"."""
    said = [line.strip() for line in body.splitlines() if line.strip()]
    greets = len(said) > 1 and len(said[0]) < GREETING and said[0].endswith(GREETING_ENDS)
    return said[1] if greets else said[0] if said else ""


def _has_more(page: Page) -> bool:
    return page.next_cursor is not None or page.partial


def _count(page: Page) -> Count:
    return Count(len(page.rows), _has_more(page))


def _tabs(user_id: str, state: str, counts: dict[str, Count]) -> list[tuple[str, str, bool]]:
    words = (("", "All", "all"), ("open", "Unsolved", "open"), ("done", "Solved", "done"))
    return [
        (
            f"{label} {counts[name]}",
            url_for("desk.person", user_id=user_id, state=value or None),
            value == (state if state in STATES else ""),
        )
        for value, label, name in words
    ]


def _organization(who: Actor, user: User) -> dict[str, Any] | None:
    """Describe the organization, with its other open tickets if the actor may see the tickets of others."""
    if user.organization_id is None:
        return None
    organization = services().users.organizations.known(user.organization_id)
    if organization is None:
        return None
    described: dict[str, Any] = {
        "name": organization.name,
        "shares": organization.active and organization.shares_tickets,
        "tickets": [],
        "url": None,
    }
    if services().tickets.service.list_scope(actor=who) not in (Scope.ALL, Scope.TEAM):
        return described
    page = services().tickets.service.page(
        actor=who,
        request=ListRequest(
            (
                Condition("organization_id", Op.EQ, organization.id),
                Condition("state", Op.EQ, "open"),
            ),
            Sort("updated_at", descending=True),
            SHOWN,
        ),
    )
    others = [row for row in page.rows if row.requester_id != user.user_id]
    described["tickets"] = [
        {
            "subject": row.subject,
            "status": row.status,
            "at": row.updated_at,
            "url": url_for("desk.ticket", ticket_id=row.ticket_id),
        }
        for row in others[:COLLEAGUES_SHOWN]
    ]
    described["url"] = tickets_url(organization=organization.id)
    return described


def _links(who: Actor, user: User) -> list[tuple[str, str, str]]:
    """List the other pages of this person that the actor may open: label, address, icon."""
    links = []
    if who.may(Permission.USER_EDIT):
        links.append(("Edit account", url_for("users.edit_view", id=user.user_id), "pencil"))
    if who.may(Permission.SESSION_REVOKE):
        links.append(("Devices", url_for("sessions.index_view", person=user.user_id), "monitor"))
    if who.may(Permission.USER_EXPORT) or who.may(Permission.USER_ERASE):
        links.append(("Privacy", url_for("privacy.index_view", user_id=user.user_id), "lock"))
    return links
