"""What programs send and get about figures."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from portal.api.schemas import Id, Moment, Output, PageOutput, Query, TimeParameter
from services.tickets import PRIORITIES


def _day(value: Any) -> date:
    try:
        if isinstance(value, str) and len(value) == len("2026-01-31"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("Must be a day, such as 2026-01-31")


DAY_SCHEMA = {"type": "string", "format": "date", "examples": ["2026-01-31"]}
Day = Annotated[date, WithJsonSchema(DAY_SCHEMA)]
DayParameter = Annotated[date, BeforeValidator(_day), WithJsonSchema(DAY_SCHEMA)]
IDS = Field(max_length=50, description="Several are alternatives. `none`: without one.")


class ReportQuery(Query):
    """The tickets and the period that figures are about."""

    from_: Annotated[
        DayParameter | None, Field(alias="from", description="The first day; 29 days before `to`.")
    ] = None
    to: Annotated[DayParameter | None, Field(description="The last day, inclusive; today.")] = None
    team: Annotated[list[Id], IDS] = []
    priority: Annotated[list[Literal[(*PRIORITIES, "none")]], IDS] = []  # type: ignore[valid-type]  # from the registry
    category: Annotated[list[Id], IDS] = []
    as_of: Annotated[TimeParameter | None, Field(description="The figures as they were at this moment.")] = (
        None
    )


class TicketReportQuery(ReportQuery):
    """The tickets and the period that figures are about."""

    assignee: Annotated[list[Id], IDS] = []


class Definition(Output):
    """What a figure means. `version` changes with the meaning."""

    name: Annotated[str, Field(examples=["first_response"])]
    unit: Annotated[str, Field(description="count, share (0 to 1) or seconds.", examples=["seconds"])]
    version: Annotated[int, Field(examples=[1])]
    definition: Annotated[str, Field(examples=["Median of the time from created to the first public reply."])]
    formula: Annotated[str, Field(examples=["median(created → first reply)"])]
    rules: Annotated[str, Field(examples=["Counted on the day of the reply."])]


class Definitions(PageOutput):
    """All figures."""

    definitions: list[Definition]


class Figure(Definition):
    """One figure with its explanation."""

    value: Annotated[float | None, Field(description="null if nothing could be counted.", examples=[5400.0])]
    n: Annotated[int, Field(description="How many tickets were counted.", examples=[128])]
    p90: Annotated[float | None, Field(description="The 90th percentile of a duration.")]
    previous: Annotated[float | None, Field(description="The value in the period of the same length before.")]
    excluded: Annotated[
        dict[str, int],
        Field(description="How many were left out, by reason.", examples=[{"reopened since": 2}]),
    ]
    immature: Annotated[int, Field(description="How many of n can still change the value.", examples=[0])]


class Period(Output):
    """What figures are about."""

    first: Annotated[Day, Field(validation_alias="start")]
    last: Annotated[Day, Field(validation_alias="end")]
    zone: Annotated[str, Field(description="In which days begin.", examples=["Europe/Berlin"])]


class Metrics(Output):
    """The figures of a period."""

    period: Annotated[Period, Field(validation_alias="filters")]
    as_of: Moment
    data_age: Annotated[float, Field(description="How old the data is, in seconds.", examples=[2.4])]
    figures: list[Figure]


class Series(Output):
    """A count per day."""

    name: Annotated[str, Field(examples=["created"])]
    days: list[Day]
    values: Annotated[list[float], Field(examples=[[12.0]])]


class Group(Output):
    """One group of a breakdown."""

    key: Annotated[str | None, Field(description="null: without one.", examples=["billing"])]
    created: Annotated[int, Field(examples=[40])]
    solved: Annotated[int, Field(examples=[38])]
    backlog: Annotated[int, Field(examples=[7])]
    median_first_response: Annotated[float | None, Field(description="Seconds.")]
    median_full_resolution: Annotated[float | None, Field(description="Seconds.")]


class Overview(Metrics):
    """Everything that the service overview shows."""

    created: Series
    solved: Series
    backlog: Series
    arrivals: Annotated[
        list[list[int]],
        Field(description="Seven days from Monday, with the tickets created in each hour.", examples=[[[0]]]),
    ]
    by_priority: list[Group]
    by_category: list[Group]
    by_team: list[Group]
    by_agent: list[Group]


class Freshness(Output):
    """How old the data of reports is."""

    behind: Annotated[
        float | None, Field(description="Seconds; null while there is no data yet.", examples=[2.4])
    ]


class ServiceStatus(Output):
    """Whether the product works, and which it is."""

    status: Annotated[str, Field(description="ok, or what is in the way.", examples=["ok"])]
    version: Annotated[str, Field(examples=["0.2.0"])]
    time: Moment
