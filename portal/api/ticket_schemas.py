"""What programs send and get about tickets; fields of the registry are not named again."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, computed_field, create_model

from portal.api.authentication import caller
from portal.api.schemas import (
    Count,
    Email,
    Id,
    Input,
    Moment,
    Named,
    Output,
    PageOutput,
    PageQuery,
    Person,
    Query,
    TimeParameter,
    commas,
    page_url,
)
from services.tickets import (
    ALL_FIELDS,
    BODY_BYTES,
    BY_NAME,
    OPENED_WITH,
    SORTABLE,
    SUBJECT_LENGTH,
    Kind,
    field_names,
)
from services.tickets import Field as TicketField

IN_API = field_names(lambda each: each.in_api)
NEW = tuple(name for name in OPENED_WITH if BY_NAME[name].in_api)
CHANGES = field_names(lambda each: each.editable and each.in_api)
FILTERS = tuple(each for each in ALL_FIELDS if each.filterable and each.kind is not Kind.TIME)
TIMES = tuple(each for each in ALL_FIELDS if each.filterable and each.kind is Kind.TIME)
EXPANSIONS = ("requester", "assignee", "team")
NONE = "none"
Model = TypeVar("Model", bound=BaseModel)
WHAT = {
    Kind.USER: "the id of a user",
    Kind.TEAM: "the id of a team",
    Kind.CATEGORY: "the id of a category",
    Kind.ORGANIZATION: "the id of an organization",
}
EXAMPLES = {
    "subject": "The printer burns", "status": "open", "priority": "high", "category": "refunds",
    "team_id": "billing", "channel": "api", "assignee_id": "4f6b1c3e", "requester_id": "9a7d2b10",
}  # fmt: skip


def _about(field: TicketField, *, choices: bool = False) -> str:
    if field.kind is Kind.CHOICE and choices:
        return f"{field.label}; today one of {', '.join(field.values)}. Others may be added."
    return f"{field.label}: {WHAT[field.kind]}." if field.kind in WHAT else f"{field.label}."


def _given(field: TicketField) -> Any:
    """Return the type of a field in an answer; values that the product may add later are plain strings."""
    kind: Any = Moment if field.kind is Kind.TIME else str
    kind = kind if field.required or field.derived else kind | None
    examples = [EXAMPLES[field.name]] if field.name in EXAMPLES else None
    return Annotated[kind, Field(description=_about(field, choices=True), examples=examples)]


def _one_of(field: TicketField) -> Any:
    """Return the type of one value of a field in a request."""
    if field.kind is Kind.CHOICE:
        return Literal[field.values]
    return Annotated[str, Field(max_length=field.max_length)]


def _taken(field: TicketField, *, nullable: bool) -> Any:
    """Return the type of a field in the body of a request, which may be left out."""
    kind = _one_of(field)
    about = Field(description=_about(field), examples=[EXAMPLES.get(field.name, "text")])
    return (Annotated[kind | None if nullable else kind, about], None)


class TicketOutput(Output):
    """What every ticket has."""

    id: Annotated[
        int, Field(validation_alias="ticket_id", description="The number of the ticket.", examples=[48197])
    ]
    version: Annotated[int, Field(description="Grows with each change; `If-Match` takes it.", examples=[7])]
    requester: Annotated[Person | None, Field(description="With `include=requester`.")] = None
    assignee: Annotated[Person | None, Field(description="With `include=assignee`.")] = None
    team: Annotated[Named | None, Field(description="With `include=team`.")] = None

    @computed_field(examples=["https://help.example.org/desk/tickets/48197"])  # type: ignore[prop-decorator]  # how it is used
    @property
    def url(self) -> str:
        """The page of the ticket."""
        return page_url(f"/{'desk' if caller().on_desk else 'help'}/tickets/{self.id}")


Ticket: Any = create_model(
    "Ticket", __base__=TicketOutput, __doc__="One ticket.", **{name: _given(BY_NAME[name]) for name in IN_API}
)


class Tickets(PageOutput):
    """One page of tickets."""

    tickets: list[Ticket]
    selected_at: Annotated[
        Moment | None,
        Field(
            description="When the list was selected, if that was a few seconds ago; its tickets are current."
        ),
    ] = None


MESSAGE = Annotated[
    str,
    Field(
        min_length=1,
        max_length=BODY_BYTES,
        description="Plain text of at most 64 KB.",
        examples=["Use the extinguisher."],
    ),
]


class NewRequester(Input):
    """Who asks, by email address: somebody known, or somebody new, who needs a name."""

    email: Email
    name: Annotated[str | None, Field(min_length=1, max_length=200, examples=["Ada Lindholm"])] = None


class NewTicketInput(Input):
    """A ticket to create. Without a requester it is the owner of the token who asks."""

    subject: Annotated[str, Field(max_length=SUBJECT_LENGTH, examples=["The printer burns"])]
    body: MESSAGE
    requester_id: Annotated[Id | None, Field(description="Who asks, by id.")] = None
    requester: Annotated[
        NewRequester | None, Field(description="Who asks, by address. Instead of `requester_id`.")
    ] = None


class TicketChangeInput(Input):
    """Fields to change, with or without a message. null empties a field. Fields that are not sent stay."""

    reply: Annotated[MESSAGE | None, Field(description="A public reply.")] = None
    note: Annotated[MESSAGE | None, Field(description="An internal note. Instead of `reply`.")] = None


class TicketFieldChangesInput(Input):
    """Fields to change. null empties a field. Fields that are not sent stay."""


def _extended(name: str, base: type[Model], fields: dict[str, Any]) -> Any:
    """Add fields of the registry to a schema."""
    return create_model(name, __base__=base, __doc__=base.__doc__, **fields)


NewTicket = _extended(
    "NewTicket", NewTicketInput, {name: _taken(BY_NAME[name], nullable=True) for name in NEW}
)
CHANGEABLE = {name: _taken(BY_NAME[name], nullable=not BY_NAME[name].required) for name in CHANGES}
TicketChange = _extended("TicketChange", TicketChangeInput, CHANGEABLE)
TicketFieldChanges = _extended("TicketFieldChanges", TicketFieldChangesInput, CHANGEABLE)


class Message(Input):
    """A message to add."""

    body: MESSAGE


class Assignment(Input):
    """Who has a ticket. null takes it away; what is not sent stays."""

    assignee_id: Annotated[Id | None, Field(description="The id of a user who can be assigned tickets.")] = (
        None
    )
    team_id: Annotated[Id | None, Field(description="The id of a team.", examples=["billing"])] = None


class Undoing(Input):
    """A change to take back."""

    version: Annotated[int, Field(ge=1, description="The version that made the change.", examples=[2])]


class FieldChange(Output):
    """What became of one field."""

    field: Annotated[str, Field(examples=["priority"])]
    old: Annotated[Any, Field(examples=["normal"])]
    new: Annotated[Any, Field(examples=["high"])]


class Event(Output):
    """One version of a ticket: who did what."""

    version: Annotated[int, Field(examples=[2])]
    at: Moment
    actor: Person
    actor_kind: Annotated[str, Field(description="Today agent, customer or system.", examples=["agent"])]
    kind: Annotated[str, Field(
        description="Today created, replied, noted, changed or assigned. Others may be added.", examples=["changed"]
    )]  # fmt: skip
    public: Annotated[bool, Field(description="Whether the requester sees it.", examples=[False])]
    body: Annotated[str | None, Field(description="The message, if there was one.")]
    changes: list[FieldChange]
    undoes: Annotated[int | None, Field(description="The version that it took back.")] = None
    undone_by: Annotated[int | None, Field(description="The version that took it back.")] = None
    undoable: Annotated[bool, Field(description="Whether the caller can take it back now.")] = False


class History(PageOutput):
    """One page of a ticket's events, oldest first."""

    events: list[Event]


class ConversationMessage(Output):
    """One message of a ticket."""

    version: Annotated[int, Field(examples=[3])]
    at: Moment
    author: Person
    author_kind: Annotated[str, Field(description="Today agent, customer or system.", examples=["agent"])]
    public: Annotated[bool, Field(description="false for an internal note.", examples=[True])]
    body: Annotated[str, Field(examples=["Use the extinguisher."])]


class Conversation(PageOutput):
    """One page of a ticket's messages, oldest first."""

    messages: list[ConversationMessage]


INCLUDE = Annotated[
    list[Literal["requester", "assignee", "team"]],
    BeforeValidator(commas),
    Field(description="What to write out beside its id, with commas.", max_length=len(EXPANSIONS),
          json_schema_extra={"explode": False}),
]  # fmt: skip


class TicketQuery(Query):
    """How a ticket is shown."""

    include: INCLUDE = []
    version: Annotated[Count | None, Field(ge=1, description="The ticket as it was at this version.")] = None
    at: Annotated[
        TimeParameter | None, Field(description="The ticket as it was at this moment. Not with `version`.")
    ] = None


def _filter(field: TicketField) -> Any:
    what = "" if field.required else f" `{NONE}`: without one."
    about = f"{_about(field)} Several are alternatives.{what}"
    return (Annotated[_list_of(field), Field(max_length=50, alias=field.param, description=about)], [])


def _without(field: TicketField) -> Any:
    about = f"Leaves out tickets with this {field.label.lower()}."
    return (
        Annotated[_list_of(field), Field(max_length=50, alias=f"{field.param}.not", description=about)],
        [],
    )


def _list_of(field: TicketField) -> Any:
    if field.kind is Kind.CHOICE:
        return list[_one_of(field)]  # type: ignore[misc]  # made from the registry
    return list[Annotated[str, Field(min_length=1, max_length=200)]]


def _end(field: TicketField, suffix: str) -> Any:
    words = {"from": "not earlier than", "to": "not later than"}[suffix]
    about = f"{field.label} {words} this day, such as 2026-01-31, or time, such as 2026-01-31T09:30:00Z."
    limits = Field(
        alias=f"{field.param}.{suffix}",
        min_length=10,
        max_length=40,
        examples=["2026-01-31"],
        description=about,
    )
    return (Annotated[str | None, limits], None)


class TicketListQuery(PageQuery):
    """Which tickets a list holds."""

    state: Annotated[
        list[Literal["open", "done"]], Field(max_length=2, description="Unsolved, or solved and closed.")
    ] = []
    updated_since: Annotated[TimeParameter | None, Field(description="Changed at this moment or later.")] = (
        None
    )
    sort: Annotated[
        Literal[SORTABLE] | None,  # type: ignore[valid-type]  # from the registry
        Field(description="The field that orders the list; the latest change first if it is not sent."),
    ] = None
    desc: Annotated[Literal["0", "1"] | None, Field(description="1: the other way round. With `sort`.")] = (
        None
    )
    include: INCLUDE = []


TicketList = _extended(
    "TicketList",
    TicketListQuery,
    {each.param: _filter(each) for each in FILTERS}
    | {f"{each.param}_not": _without(each) for each in FILTERS}
    | {f"{each.param}_{suffix}": _end(each, suffix) for each in TIMES for suffix in ("from", "to")},
)
