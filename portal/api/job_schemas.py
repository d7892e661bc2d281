"""What programs send and get about jobs."""

from typing import Annotated, Any

from pydantic import Field

from portal.api.schemas import Flag, Id, Input, Moment, Output, PageOutput, PageQuery
from portal.api.ticket_schemas import TicketFieldChanges
from services.jobs import MAX_TASKS


class ChosenTicket(Input):
    """One ticket to change."""

    id: Annotated[int, Field(ge=1, description="The number of the ticket.", examples=[48197])]
    version: Annotated[
        int | None,
        Field(
            ge=1,
            description="The version that was looked at: fields that somebody else has changed since are kept, and"
            " the ticket is listed as failed. Without it the ticket is changed as it is by then.",
            examples=[2],
        ),
    ] = None


class BulkChange(Input):
    """The same change of many tickets."""

    tickets: Annotated[
        list[ChosenTicket],
        Field(
            min_length=1,
            max_length=MAX_TASKS,
            description="The tickets by `id`, each with the `version` that was looked at if that matters.",
        ),
    ]
    changes: Annotated[TicketFieldChanges, Field(description="The fields to change, as for one ticket.")]


class Job(Output):
    """Long work that goes on in the background."""

    id: Annotated[Id, Field(examples=["9f86d081884c7d659a2feaa0c55ad015"])]
    kind: Annotated[
        str,
        Field(
            description="Today ticket_changes or ticket_undos. Others may be added.",
            examples=["ticket_changes"],
        ),
    ]
    title: Annotated[str, Field(examples=["Changing 500 tickets"])]
    state: Annotated[str, Field(description="running, paused, stopped or done.", examples=["running"])]
    total: Annotated[int, Field(description="How many tasks it has.", examples=[500])]
    done: Annotated[int, Field(description="Tasks that were carried out.", examples=[312])]
    failed: Annotated[int, Field(description="Tasks that could not be.", examples=[2])]
    remaining: Annotated[int, Field(examples=[186])]
    started_at: Moment
    ended_at: Annotated[Moment | None, Field(examples=[None])]


class ResultList(PageQuery):
    """Which results to list."""

    failed: Annotated[Flag | None, Field(description="true: only those that failed.")] = None


class JobResult(Output):
    """What became of one task."""

    subject: Annotated[
        Any, Field(description="What the task was about: the number of a ticket.", examples=[48197])
    ]
    value: Annotated[
        Any, Field(description="The version that the task wrote; null if it was so already.", examples=[3])
    ]
    error: Annotated[str | None, Field(description="Why the task failed; null if it did not.")]
    carried_out: Annotated[bool, Field(description="false while the task waits.")]


class JobResults(PageOutput):
    """One page of results, in the order of the request."""

    results: list[JobResult]
