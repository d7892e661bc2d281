"""What all schemas of the API share: how requests are read, and how answers are written."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from flask import current_app
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

PAGE, MOST = 25, 100
MOST_DIGITS = 9


def moment(at: datetime) -> str:
    """Write a time in UTC; the text of two times sorts as the times do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def page_url(path: str) -> str:
    """Return the address of a page of the product, for people who follow up on what a program did."""
    return f"{current_app.extensions['settings'].public_url.rstrip('/')}{path}"


def whole_number(value: Any) -> int:
    """Read digits; what int() takes beside them, such as 1_000 or a superscript, is no number here."""
    if not isinstance(value, str) or not value.isascii() or not value.isdecimal() or len(value) > MOST_DIGITS:
        raise ValueError("Must be a whole number")
    return int(value)


def _in_years_that_are_kept(at: datetime) -> datetime:
    at = at.astimezone(UTC)
    if not 1970 <= at.year <= 9000:
        raise ValueError("Must be a time between 1970 and 9000")
    return at


def _rfc_3339(value: Any) -> datetime:
    if not isinstance(value, str) or not 20 <= len(value) <= 40 or value[10:11] not in ("T", "t"):
        raise ValueError("Must be a time with its offset, such as 2026-01-31T09:30:00Z")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("Must be a time with its offset, such as 2026-01-31T09:30:00Z") from None


TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
WRITTEN, SENT = "2026-03-01T09:30:00.000000Z", "2026-03-01T09:30:00Z"
# Times are written in UTC, and read with any offset.
Moment = Annotated[
    datetime, PlainSerializer(moment, return_type=str), WithJsonSchema({**TIME, "examples": [WRITTEN]})
]
TimeParameter = Annotated[
    AwareDatetime,
    BeforeValidator(_rfc_3339),
    AfterValidator(_in_years_that_are_kept),
    WithJsonSchema({**TIME, "minLength": 20, "maxLength": 40, "examples": [SENT]}),
]
Count = Annotated[int, Field(ge=1, le=10**MOST_DIGITS - 1), BeforeValidator(whole_number)]
PageSize = Annotated[int, Field(ge=1, le=MOST), BeforeValidator(whole_number)]
Flag = Annotated[
    Literal["true", "false"],
    AfterValidator(lambda text: text == "true"),
    WithJsonSchema({"type": "string", "enum": ["true", "false"]}),
]
Id = Annotated[str, Field(min_length=1, max_length=200)]
Email = Annotated[str, Field(min_length=3, max_length=254, examples=["ada@example.org"])]


def commas(value: Any) -> Any:
    """Split the values of a parameter that is written once, with commas."""
    return value[0].split(",") if isinstance(value, list) and len(value) == 1 else value


class Input(BaseModel):
    """The body of a request: what is not known is refused, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    def sent(self) -> dict[str, Any]:
        """Return the fields that were sent."""
        return self.model_dump(exclude_unset=True)


class Query(BaseModel):
    """The parameters of a request; a list stands for parameters that may be there several times."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False, hide_input_in_errors=True)


class PageQuery(Query):
    """The parameters of a list that has pages."""

    size: Annotated[PageSize, Field(description="How many entries a page has at most.")] = PAGE
    cursor: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=4000,
            description="The `next` of the previous page, with the same other parameters.",
        ),
    ] = None


class Output(BaseModel):
    """A part of an answer, made from the attributes of what a service returns."""

    model_config = ConfigDict(frozen=True, from_attributes=True, populate_by_name=True)

    @classmethod
    def of(cls, value: object) -> Self:
        """Take over what has the same attributes."""
        return cls.model_validate(value)


class PageOutput(Output):
    """One page of a list."""

    next: Annotated[
        str | None,
        Field(
            description="The `cursor` of the next page; null at the end. The `Link` header has its address."
        ),
    ] = None


class Person(Output):
    """Somebody in another answer."""

    id: Annotated[Id, Field(validation_alias="user_id", examples=["4f6b1c3e"])]
    name: Annotated[str, Field(examples=["Ada Lindholm"])]


class Named(Output):
    """Something that is known by an id, with its name for people."""

    id: Annotated[Id, Field(examples=["billing"])]
    name: Annotated[str, Field(examples=["Billing"])]


class Problem(Output):
    """Why a request was refused (RFC 9457). `code` never changes; `title` and `detail` are words that may."""

    type: Annotated[str, Field(description="Where it is explained.", examples=["/api/v1/docs#invalid"])]
    code: Annotated[str, Field(examples=["invalid"])]
    title: Annotated[str, Field(examples=["Request not valid"])]
    status: Annotated[int, Field(ge=400, le=599, examples=[400])]
    detail: Annotated[str, Field(examples=["priority: must be one of low, normal, high, urgent."])]
    reference: Annotated[
        str, Field(description="Names the request; the log has it too.", examples=["a1b2c3d4"])
    ]
    at: Moment
    errors: Annotated[
        dict[str, str],
        Field(description="What is wrong, by the path of a field or the name of a parameter.",
              examples=[{"priority": "Must be one of low, normal, high, urgent."}]),
    ] = {}  # fmt: skip


class FieldConflict(Output):
    """One field that somebody else changed."""

    field: Annotated[str, Field(examples=["priority"])]
    was: Annotated[
        Any,
        Field(
            description="Its value at the version in If-Match; null where that is not known.",
            examples=["normal"],
        ),
    ]
    current: Annotated[Any, Field(examples=["high"])]
    submitted: Annotated[Any, Field(examples=["low"])]


class ConflictProblem(Problem):
    """A problem with both values of each field in conflict."""

    version: Annotated[int, Field(description="The present version.", examples=[8])]
    conflicts: list[FieldConflict]
