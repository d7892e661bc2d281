"""What programs send and get about the change feed."""

from typing import Annotated

from pydantic import BeforeValidator, Field, computed_field

from portal.api.authentication import caller
from portal.api.schemas import PAGE, Moment, Output, PageSize, Query, TimeParameter, page_url, whole_number
from portal.api.ticket_schemas import Event

LONGEST_WAIT = 300  # seconds


class FeedQuery(Query):
    """Where to go on."""

    after: Annotated[
        str | None, Field(min_length=1, max_length=8000, description="The `cursor` of the last answer.")
    ] = None
    since: Annotated[
        TimeParameter | None,
        Field(description="Everything that was recorded from this moment on. Not with `after`."),
    ] = None
    wait: Annotated[
        Annotated[int, Field(ge=1, le=LONGEST_WAIT), BeforeValidator(whole_number)] | None,
        Field(
            description="For how many seconds to wait for a change; then an answer without changes comes.",
            examples=[20],
        ),
    ] = None
    size: Annotated[PageSize, Field(description="How many changes an answer has at most.")] = PAGE


class FeedEvent(Event):
    """One change of a ticket."""

    ticket_id: Annotated[int, Field(examples=[48197])]
    recorded_at: Annotated[
        Moment, Field(description="When it was written; `at` may be earlier, for what was imported.")
    ]

    @computed_field(examples=["https://help.example.org/desk/tickets/48197"])  # type: ignore[prop-decorator]  # how it is used
    @property
    def url(self) -> str:
        """The page of the ticket."""
        return page_url(f"/{'desk' if caller().on_desk else 'help'}/tickets/{self.ticket_id}")


class Feed(Output):
    """The next changes."""

    events: list[FeedEvent]
    cursor: Annotated[str, Field(description="Send it as `after` next time.")]
    more: Annotated[bool, Field(description="Whether there are more changes already.", examples=[False])]
