"""The change feed for programs that keep a copy of tickets, or act on what happens."""

from datetime import UTC, datetime

from flask import current_app

from portal.api.authentication import caller
from portal.api.event_schemas import Feed, FeedEvent, FeedQuery
from portal.api.operations import Answer, Controller, Example
from portal.api.ticket_events import event_of, names_of_actors
from portal.web.guards import now, services
from portal.web.holding import Arrivals, hold
from services.errors import Invalid, Unavailable
from services.tickets import BadFeedCursor
from services.users.identity import Permission

ARRIVALS = "ticket_arrivals"


def arrivals() -> Arrivals:
    """Return what tells this process that something was recorded."""
    feed = services().tickets.feed
    watched: Arrivals = current_app.extensions.setdefault(
        ARRIVALS, Arrivals(lambda: feed.latest(now=datetime.now(UTC)))
    )
    return watched


controller = Controller("Change feed", "Every change of a ticket, as it happens.")


@controller.get(
    "/events", needs=(Permission.TICKET_VIEW,), query=FeedQuery, returns=Feed, raises=(BadFeedCursor, Unavailable),
    example=Example(query="since=2026-11-01T00:00:00Z&size=10"),
)  # fmt: skip
def events(query: FeedQuery) -> Answer:
    """Follow changes.

    Every change that the caller may see, at least once, in the order of a ticket's versions. Begin with `since`, or
    with neither parameter for what happens from now on; then ask with the last `cursor`, at once while `more` is true,
    otherwise with `wait`: the answer comes when there is a change, within about a second, or when the time is up. A
    cursor stays good. Store it after the changes before it are stored.
    """
    if query.after is not None and query.since is not None:
        raise Invalid("Send after or since, not both at once.", {"since": "Not with after."})
    arrived = arrivals().watch(query.wait) if query.wait is not None else 0
    page = services().tickets.feed.page(
        actor=caller(), now=now(), after=query.after, since=query.since, most=query.size
    )
    names = names_of_actors(change.event for change in page.changes)
    shown = [
        FeedEvent(
            ticket_id=change.ticket_id, recorded_at=change.recorded_at, **dict(event_of(change.event, names))
        )
        for change in page.changes
    ]
    if query.wait is not None and not page.changes and not page.more:
        hold(query.wait, arrivals(), arrived)
    return Answer(Feed(events=shown, cursor=page.cursor, more=page.more))
