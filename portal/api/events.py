"""The change feed for programs that keep a copy of tickets, or act on what happens."""

from portal.api.authentication import caller
from portal.api.event_schemas import Feed, FeedEvent, FeedQuery
from portal.api.operations import Answer, Controller, Example
from portal.api.tickets import event_of, names_of_actors
from portal.web.guards import now, services
from services.errors import Invalid, Unavailable
from services.tickets import BadFeedCursor
from services.users.identity import Permission

controller = Controller("Change feed", "Every change of a ticket, as it happens.")


@controller.get(
    "/events", needs=(Permission.TICKET_VIEW,), query=FeedQuery, returns=Feed, raises=(BadFeedCursor, Unavailable),
    example=Example(query="since=2026-11-01T00:00:00Z&size=10"),
)  # fmt: skip
def events(query: FeedQuery) -> Answer:
    """Follow changes.

    Every change that the caller may see, at least once, in the order of a ticket's versions. Begin with `since`, or
    with neither parameter for what happens from now on; then ask with the last `cursor`, at once while `more` is true.
    A cursor stays good. Store it after the changes before it are stored.
    """
    if query.after is not None and query.since is not None:
        raise Invalid("Send after or since, not both at once.", {"since": "Not with after."})
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
    return Answer(Feed(events=shown, cursor=page.cursor, more=page.more))
