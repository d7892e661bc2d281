"""The ticket grid: filters, inline status, priority and assignee, bulk changes, export."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, redirect, request, url_for

from portal.admin.empty_states import nothing_in_view
from portal.admin.export_columns import ExportColumn, id_column, named_column, plain_column, time_column
from portal.admin.filters import CountedFilter
from portal.admin.grid import LedgerView
from portal.admin.service_source import ServiceSource
from portal.ui import navigation
from portal.ui.grid_links import GRID
from portal.ui.lookup import LOOKUPS
from portal.ui.undo_messages import Message, change_of, offering
from portal.web.guards import actor, now
from pynamodb_grid.admin import (
    BulkResult,
    ChoiceFilter,
    DateFilter,
    Field,
    LookupFilter,
    Missing,
    TextFilter,
    bulk_action,
    expose,
)
from pynamodb_grid.admin import (
    Kind as GridKind,
)
from pynamodb_grid.listing import Sort
from services.bootstrap import Services
from services.tickets import (
    ALL_FIELDS,
    BY_NAME,
    SORTABLE,
    STATUSES,
    Kind,
    Ticket,
    TicketRow,
    TicketService,
    field_names,
    label_of,
)
from services.tickets import Field as TicketField
from services.users.identity import Permission, Scope

Choices = Sequence[tuple[str, str]]
EXPORT_MOST = 50_000
# What is stored by id.
NAMED = frozenset({Kind.USER, Kind.TEAM, Kind.CATEGORY, Kind.ORGANIZATION})
EXPORT_CHUNK = 100  # rows whose people are looked up together
# Listed first; all other columns come in the registry's order.
LEADING = ("status", "priority")
LISTED = field_names(lambda each: each.listed)
# The choice "has none" of a filter, by field.
EMPTY = {"assignee_id": "Unassigned", "team_id": "No team", "category": "No category"}
# Fields whose values are too many for every page, and what looks them up.
LOOKED_UP = {
    "assignee_id": "assignee",
    "requester_id": "person",
    "team_id": "team",
    "organization_id": "organization",
}
# How a list sorted so is read out in its foot: ascending, descending.
SORT_WORDS = {
    "updated_at": ("longest unchanged first", "latest change first"),
    "created_at": ("oldest first", "newest first"),
    "priority": ("least urgent first", "most urgent first"),
}


def ticket_source(tickets: TicketService) -> ServiceSource:
    """Read and write tickets through TicketService."""

    def update(pk: str, values: Mapping[str, Any], expected_version: int | None) -> Ticket:
        number = _number(pk)
        version = expected_version or tickets.get(actor=actor(), ticket_id=number).version
        return tickets.update(
            actor=actor(), now=now(), ticket_id=number, expected_version=version, changes=values
        )

    return ServiceSource(
        page=tickets.page,
        iterate=tickets.iterate,
        sortable=lambda conditions: tickets.sortable(actor=actor(), conditions=conditions),
        key="ticket_id",
        get=lambda pk: tickets.get(actor=actor(), ticket_id=_number(pk)),
        update=update,
        refusal="Create tickets with the form on the desk. They cannot be deleted.",
    )


class TicketView(LedgerView):
    """All tickets the actor may see."""

    list_template = "admin/tickets.html"
    can_export = True
    column_list = (*LEADING, *(name for name in LISTED if name not in LEADING))
    columns_first = field_names(lambda each: each.shown_first)
    column_fixed = "subject"
    column_sortable_list = SORTABLE
    row_cells = False
    export_max_rows = EXPORT_MOST
    column_editable_list = field_names(lambda each: each.inline)
    default_sort = Sort("updated_at", descending=True)
    needs = {
        "list": Permission.TICKET_NOTE,
        "create": Permission.TICKET_NOTE,
        "edit": Permission.TICKET_UPDATE,
        "export": Permission.TICKET_EXPORT,
        "bulk:assign": Permission.TICKET_ASSIGN,
        "bulk:status": Permission.TICKET_UPDATE,
        "bulk:priority": Permission.TICKET_UPDATE,
        "bulk:team": Permission.TICKET_ASSIGN,
        "bulk:category": Permission.TICKET_UPDATE,
    }

    def __init__(self, services: Services, *, zone: str) -> None:
        self._services = services
        self.grid_fields = self._fields()
        self.column_filters = self._filters_over(zone)
        super().__init__(
            TicketRow,
            ticket_source(services.tickets.service),
            name="Tickets",
            endpoint="tickets",
            url=GRID.rstrip("/"),
        )

    @expose("/new/")
    def create_view(self) -> Any:
        """Lead to the desk's own form: a ticket needs a requester and a message."""
        return redirect(url_for("desk.new"))

    def extra_context(self) -> Mapping[str, Any]:
        """Give the page what the rows' ids stand for, and its words."""
        view = navigation.present(actor()) or {"label": "Tickets", "count": None}
        return {
            "title": view["label"],
            "view_count": view["count"],
            "counted_age": navigation.age(),
            "nouns": ("ticket", "tickets"),
            "ticket_url": url_for("desk.ticket", ticket_id=0)[:-1],
            "names_of": self._names_of,
            "teams": self._services.catalog.names("team"),
            "categories": self._services.catalog.names("category"),
            "plain_columns": [name for name in LISTED if BY_NAME[name].plain],
            "sort_words": SORT_WORDS,
            "nothing": lambda: nothing_in_view(actor()),
            "allowed": {status: self._services.tickets.workflow.allowed(status) for status in STATUSES},
            "show_cost": actor().may(Permission.SETTING_EDIT),
        }

    @expose("/edit/")
    def edit_view(self) -> Any:
        """Lead to the desk's page: a bare form here would go past replies and the conflict page."""
        row = self.source.get(request.args.get("id", ""))
        if row is None:
            abort(404)
        return redirect(url_for("desk.ticket", ticket_id=row.ticket_id))

    def export_rows(self, rows: Iterable[Ticket]) -> Iterator[Ticket]:
        """Look up the people of many tickets at once; each one's names are then at hand."""
        walk = iter(rows)
        while chunk := list(islice(walk, EXPORT_CHUNK)):
            self._names_of(chunk)
            yield from chunk

    def export_columns(self) -> list[ExportColumn]:
        """Give all that a ticket has; the ids of what is written by name come last."""
        exported = [each for each in ALL_FIELDS if each.exported]
        columns = [self._export_column(each) for each in exported]
        return columns + [id_column(each.label, each.name) for each in exported if each.kind in NAMED]

    def _export_column(self, each: TicketField) -> ExportColumn:
        match each.kind:
            case Kind.TIME:
                return time_column(each.label, each.name)
            case Kind.USER:
                return each.label, lambda row: self._person_name(getattr(row, each.name))
            case Kind.TEAM | Kind.CATEGORY:
                kind = each.kind.value
                return named_column(each.label, each.name, lambda: self._services.catalog.names(kind))
            case Kind.ORGANIZATION:
                return named_column(each.label, each.name, self._services.users.organizations.names)
            case Kind.CHOICE:
                return each.label, lambda row: each.label_of(getattr(row, each.name) or "")
            case _:
                return plain_column(each.label, each.name)

    def _person_name(self, user_id: str | None) -> str:
        return self._services.users.accounts.names([user_id]).get(user_id or "", user_id or "")

    def undo_of(self, row: Ticket) -> str | None:
        """Name what an inline edit or a bulk action changed in a ticket."""
        return change_of(row)

    def bulk_message(self, action: str, value: str | None, result: BulkResult) -> Message:
        """Say in how many tickets what was set, and offer to undo it."""
        done, all_ = result.count("done"), len(result.results)
        which = f"{done} of {all_}" if done < all_ else str(all_)
        noun = "ticket" if all_ == 1 else "tickets"
        changes = [each.undo for each in result.results]
        return offering(f"{which} {noun} {self._done_in_words(action, value)}.", changes)

    def _done_in_words(self, action: str, value: str | None) -> str:
        if action == "assign":
            return f"assigned to {self._name_of('assignee', value)}" if value else "unassigned"
        if action in ("team", "category"):
            name = self._services.catalog.names(action).get(value or "")
            return f"moved to {name}" if name else f"left without a {action}"
        return f"set to {label_of(action, value or '')}"

    def _name_of(self, kind: str, value: str) -> str:
        return LOOKUPS[kind].labels([value]).get(value, value)

    def _names_of(self, rows: Sequence[TicketRow | Ticket]) -> dict[str, str]:
        people = {person for row in rows for person in (row.requester_id, row.assignee_id)}
        return self._services.users.accounts.names(people)

    @bulk_action(
        "assign", "Assign", choices=lambda _: [("", "Unassigned")], lookup=lambda _: LOOKUPS["assignee"]
    )
    def bulk_assign(self, pk: str, version: int | None, value: str | None) -> Ticket:
        """Give one of the chosen tickets to an agent."""
        ticket: Ticket = self.source.update(pk, {"assignee_id": value or None}, version)
        return ticket

    @bulk_action("status", "Status", choices=lambda _: BY_NAME["status"].choices)
    def bulk_status(self, pk: str, version: int | None, value: str | None) -> Ticket:
        """Set the status of one of the chosen tickets."""
        ticket: Ticket = self.source.update(pk, {"status": value}, version)
        return ticket

    @bulk_action("priority", "Priority", choices=lambda _: BY_NAME["priority"].choices)
    def bulk_priority(self, pk: str, version: int | None, value: str | None) -> Ticket:
        """Set the priority of one of the chosen tickets."""
        ticket: Ticket = self.source.update(pk, {"priority": value}, version)
        return ticket

    @bulk_action("team", "Team", choices=lambda _: [("", "No team")], lookup=lambda _: LOOKUPS["team"])
    def bulk_team(self, pk: str, version: int | None, value: str | None) -> Ticket:
        """Move one of the chosen tickets to a team."""
        ticket: Ticket = self.source.update(pk, {"team_id": value or None}, version)
        return ticket

    @bulk_action("category", "Category", choices=lambda view: [("", "No category"), *view._categories()])
    def bulk_category(self, pk: str, version: int | None, value: str | None) -> Ticket:
        """Set the category of one of the chosen tickets."""
        ticket: Ticket = self.source.update(pk, {"category": value or None}, version)
        return ticket

    def _fields(self) -> dict[str, Field]:
        shown = {each.name: each for each in ALL_FIELDS if each.listed}
        return {name: self._field(each) for name, each in shown.items()}

    def _field(self, each: TicketField) -> Field:
        label = "Subject and requester" if each.name == "subject" else each.label
        choices = each.choices if each.ranked else self._categories if each.kind is Kind.CATEGORY else None
        return Field(
            each.name,
            GridKind.MOMENT if each.kind is Kind.TIME else GridKind.TEXT,
            label=label,
            choices=choices,
            lookup=LOOKUPS[LOOKED_UP[each.name]] if each.name in LOOKED_UP else None,
            required=each.ranked,
            max_length=each.max_length,
        )

    def _filters_over(self, zone: str) -> list[Any]:
        states = (("open", "Unsolved"), ("done", "Solved or closed"))
        filters = [self._filter(each, ZoneInfo(zone)) for each in ALL_FIELDS if each.filterable]
        names = {
            "team": lambda _: self._services.catalog.names("team"),
            "category": lambda _: self._services.catalog.names("category"),
            "priority": lambda _: dict(BY_NAME["priority"].choices),
            "assignee": self._services.users.accounts.names,
        }
        counted = CountedFilter(
            zone=zone, names=names, limited=lambda: actor().scope(Permission.REPORT_VIEW) is Scope.TEAM
        )
        return [ChoiceFilter("state", states, "State"), *filters, counted]

    def _filter(self, each: TicketField, zone: ZoneInfo) -> Any:
        name, label, param, empty = each.name, each.label, each.param, EMPTY.get(each.name)
        match each.kind:
            case Kind.TIME:
                return DateFilter(name, label, name=param, zone=zone)
            case Kind.USER | Kind.TEAM | Kind.ORGANIZATION:
                return LookupFilter(name, LOOKUPS[LOOKED_UP[name]], label, name=param, empty=empty)
            case Kind.CATEGORY:
                return ChoiceFilter(name, self._categories, label, name=param, empty=empty)
            case Kind.CHOICE:
                return ChoiceFilter(name, each.choices, label, name=param, empty=empty)
            case _:
                return TextFilter(name, label, name=param)

    def _categories(self) -> Choices:
        return [(entry.id, entry.name) for entry in self._services.catalog.categories()]


def _number(pk: str) -> int:
    if not pk.isascii() or not pk.isdigit() or len(pk) > 15:
        raise Missing
    return int(pk)
