"""Every field of a ticket, defined once: what it holds, who may change it, and where it shows.

An entry is one annotated line. The stored attribute, the projections of the indexes, list rows, validation,
the ledger's form, the columnar copy, grid, forms, API, exports and labels follow from it; none of them names
a field again unless it treats that field in a special way. docs/decisions/0017 says why it is built so.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, MISSING, dataclass, field, fields, replace
from datetime import datetime
from typing import Annotated, Any, get_type_hints


class Kind(enum.Enum):
    """What a field holds; users, teams, categories and organizations by id."""

    TEXT = "text"
    CHOICE = "choice"
    USER = "user"
    TEAM = "team"
    CATEGORY = "category"
    ORGANIZATION = "organization"
    TIME = "time"
    COUNTER = "counter"
    NUMBER = "number"


Choices = tuple[tuple[str, str], ...]

OPEN: Choices = (("new", "New"), ("open", "Open"), ("pending", "Pending"), ("on_hold", "On hold"))
DONE: Choices = (("solved", "Solved"), ("closed", "Closed"))
PRIORITY: Choices = (("low", "Low"), ("normal", "Normal"), ("high", "High"), ("urgent", "Urgent"))
CHANNEL: Choices = (
    ("web", "web"),
    ("email", "email"),
    ("phone", "phone"),
    ("api", "API"),
    ("self_service", "self-service"),
    ("ivr", "phone menu"),
    ("direct", "in person"),
)
# The permissions that changing a field takes; the services' enum has them too.
UPDATE, ASSIGN = "ticket:update", "ticket:assign"


@dataclass(frozen=True)
class Field:
    """What is known of a field.

    `label` is for people. `choices` are values with their labels, least first where they are `ranked`.
    `permission` is what changing it takes; "" means that nobody changes it by hand. `derived` fields follow
    from events. The registry fills in `name`, `required`, and where nothing else is said `stored_as`, the key
    in the item and in the ledger, and `param`, the name in addresses. What rows carry or filters ask for is
    `projected` into every index.
    """

    label: str
    kind: Kind
    _: KW_ONLY
    name: str = ""
    stored_as: str = ""
    param: str = ""
    required: bool = False
    choices: Choices = ()
    ranked: bool = False
    max_length: int = 200
    permission: str = ""
    derived: bool = False
    # Lists: a column of the grid, one of those shown at first, edited in its cell, sorted by (what is stored as an
    # id by its name), carried by the indexes.
    listed: bool = False
    shown_first: bool = False
    inline: bool = False
    filterable: bool = False
    sortable: bool = False
    projected: bool = False
    # Reports: part of the state that the ledger keeps for them; the name of the dimension it is counted by.
    reportable: bool = False
    dimension: str = ""
    # Elsewhere: CSV, API, the customers' form, a person's data export; cleaned when a person is erased.
    exported: bool = False
    in_api: bool = False
    customers_set: bool = False
    personal_data: bool = False
    erasable: bool = False

    @property
    def editable(self) -> bool:
        """Tell whether people may change it."""
        return bool(self.permission)

    @property
    def plain(self) -> bool:
        """Tell whether pages draw it as the text it is, without code of its own."""
        return self.kind is Kind.TEXT and not self.required

    @property
    def values(self) -> tuple[str, ...]:
        """List the values that can be chosen."""
        return tuple(value for value, _ in self.choices)

    def label_of(self, value: str) -> str:
        """Write one of its values as people read it; an unknown one, which an import brought, legibly."""
        return dict(self.choices).get(value) or value.replace("_", " ").capitalize()


@dataclass(frozen=True, kw_only=True)
class ListedFields:
    """The fields that every row of a list carries: only these can be listed or in the API."""

    subject: Annotated[
        str,
        Field(
            "Subject", Kind.TEXT, permission=UPDATE, listed=True, shown_first=True, sortable=True,
            exported=True, in_api=True, customers_set=True, personal_data=True, erasable=True,
        ),
    ]  # fmt: skip
    status: Annotated[
        str,
        Field(
            "Status", Kind.CHOICE, choices=OPEN + DONE, ranked=True, permission=UPDATE, listed=True,
            shown_first=True, inline=True, filterable=True, sortable=True, reportable=True, exported=True,
            in_api=True, personal_data=True,
        ),
    ]  # fmt: skip
    priority: Annotated[
        str,
        Field(
            "Priority", Kind.CHOICE, choices=PRIORITY, ranked=True, permission=UPDATE, listed=True,
            shown_first=True, inline=True, filterable=True, sortable=True, reportable=True,
            dimension="priority", exported=True, in_api=True, personal_data=True,
        ),
    ]  # fmt: skip
    category: Annotated[
        str | None,
        Field(
            "Category", Kind.CATEGORY, permission=UPDATE, listed=True, inline=True, filterable=True, sortable=True,
            reportable=True, dimension="category", exported=True, in_api=True, customers_set=True,
            personal_data=True,
        ),
    ] = None  # fmt: skip
    team_id: Annotated[
        str | None,
        Field(
            "Team", Kind.TEAM, param="team", permission=ASSIGN, listed=True, shown_first=True, inline=True,
            filterable=True, sortable=True, reportable=True, dimension="team", exported=True, in_api=True,
        ),
    ] = None  # fmt: skip
    assignee_id: Annotated[
        str | None,
        Field(
            "Assignee", Kind.USER, param="assignee", permission=ASSIGN, listed=True, shown_first=True,
            inline=True, filterable=True, sortable=True, reportable=True, dimension="assignee", exported=True,
            in_api=True,
        ),
    ] = None  # fmt: skip
    requester_id: Annotated[
        str | None,
        Field(
            "Requester", Kind.USER, param="requester", listed=True, filterable=True, sortable=True,
            reportable=True, exported=True, in_api=True,
        ),
    ] = None  # fmt: skip
    channel: Annotated[
        str | None,
        Field(
            "Channel", Kind.CHOICE, choices=CHANNEL, listed=True, sortable=True, reportable=True,
            exported=True, in_api=True, personal_data=True,
        ),
    ] = None  # fmt: skip
    created_at: Annotated[
        datetime,
        Field(
            "Created", Kind.TIME, param="created", derived=True, listed=True, filterable=True, sortable=True,
            reportable=True, exported=True, in_api=True, personal_data=True,
        ),
    ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TicketFields(ListedFields):
    """All fields of a ticket at one version, as the history folds to them; `custom` are custom fields."""

    subcategory: Annotated[str | None, Field("Subcategory", Kind.TEXT, reportable=True, exported=True)] = None
    organization_id: Annotated[
        str | None,
        Field(
            "Organization",
            Kind.ORGANIZATION,
            param="organization",
            filterable=True,
            reportable=True,
            exported=True,
        ),
    ] = None
    first_response_at: Annotated[
        datetime | None, Field("First response", Kind.TIME, derived=True, reportable=True, exported=True)
    ] = None
    first_solved_at: Annotated[
        datetime | None,
        Field(
            "First solved",
            Kind.TIME,
            param="solved",
            derived=True,
            filterable=True,
            reportable=True,
            exported=True,
        ),
    ] = None
    solved_at: Annotated[
        datetime | None,
        Field("Solved", Kind.TIME, derived=True, reportable=True, exported=True, personal_data=True),
    ] = None
    closed_at: Annotated[
        datetime | None, Field("Closed", Kind.TIME, derived=True, reportable=True, exported=True)
    ] = None
    reopens: Annotated[int, Field("Reopened", Kind.COUNTER, derived=True, reportable=True, exported=True)] = 0
    reassigns: Annotated[
        int, Field("Reassigned", Kind.COUNTER, derived=True, reportable=True, exported=True)
    ] = 0
    agent_replies: Annotated[
        int, Field("Agent replies", Kind.COUNTER, derived=True, reportable=True, exported=True)
    ] = 0
    # The range key of the running assignment.
    assignment_key: Annotated[str | None, Field("Assignment", Kind.TEXT, stored_as="stint", derived=True)] = (
        None
    )
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ItemFields:
    """What a ticket has beside the fields that its history folds to."""

    ticket_id: Annotated[int, Field("Number", Kind.NUMBER, param="id", exported=True)]
    version: Annotated[int, Field("Version", Kind.NUMBER, projected=True)]
    updated_at: Annotated[
        datetime,
        Field(
            "Updated", Kind.TIME, param="updated", derived=True, listed=True, shown_first=True,
            filterable=True, sortable=True, projected=True, exported=True, in_api=True, personal_data=True,
        ),
    ]  # fmt: skip


def read_fields(holder: type[Any]) -> tuple[Field, ...]:
    """Read the fields a dataclass defines, in order; raises ValueError for what contradicts itself."""
    hints = get_type_hints(holder, include_extras=True)
    in_rows = {each.name for each in fields(ListedFields)}
    carried = in_rows | {each.name for each in fields(ItemFields)}
    entries = []
    for each in fields(holder):
        known = next((m for m in getattr(hints[each.name], "__metadata__", ()) if isinstance(m, Field)), None)
        if known is None:
            continue
        if (known.listed or known.in_api) and each.name not in carried:
            raise ValueError(f"{each.name} is shown in lists: define it in ListedFields")
        if known.reportable and known.stored_as:
            raise ValueError(
                f"{each.name} cannot be stored as {known.stored_as}: reports read it by its name"
            )
        if known.erasable and known.reportable:
            raise ValueError(f"{each.name} cannot be reportable: reports keep what an erasure takes away")
        entries.append(
            replace(
                known,
                name=each.name,
                stored_as=known.stored_as or each.name,
                param=known.param or each.name,
                required=each.default is MISSING,
                projected=known.projected or known.filterable or each.name in in_rows,
            )
        )
    return tuple(entries)


# What the history folds to, in order.
FIELDS = read_fields(TicketFields)
_NUMBER, _VERSION, _UPDATED = read_fields(ItemFields)
_LISTED = read_fields(ListedFields)
# What lists and programs see, in the order of columns: a ticket's number first, its last change after its
# creation, and then what no row carries.
ALL_FIELDS = (_NUMBER, _VERSION, *_LISTED, _UPDATED, *FIELDS[len(_LISTED) :])
BY_NAME = {each.name: each for each in ALL_FIELDS}

OPEN_STATUSES, DONE_STATUSES = tuple(value for value, _ in OPEN), tuple(value for value, _ in DONE)
STATUSES, PRIORITIES, CHANNELS = (BY_NAME[name].values for name in ("status", "priority", "channel"))


def field_names(fits: Callable[[Field], bool]) -> tuple[str, ...]:
    """List the names of the fields that fit, in the order of columns."""
    return tuple(each.name for each in ALL_FIELDS if fits(each))


EDITABLE = field_names(lambda each: each.editable)
REPORTABLE = field_names(lambda each: each.reportable)
# What lists for people and programs offer as orders.
SORTABLE = field_names(lambda each: each.listed and each.sortable)
# The texts in which somebody may be named.
ERASABLE = field_names(lambda each: each.erasable)
# What every index carries beside its keys.
PROJECTED = field_names(lambda each: each.projected)


def label_of(name: str, value: str) -> str:
    """Write the value of a choice as people read it."""
    return BY_NAME[name].label_of(value)
