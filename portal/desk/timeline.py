"""A ticket's history as the page shows it: days, messages, and changes folded into one line."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from portal.desk.choices import PEOPLE_FIELDS, Reader, field_label
from services.tickets import Event

SUMMED_UP = 4
Entry = dict[str, Any]
Filters = Mapping[str, Callable[[Any], str]]


def people_in(events: Iterable[Event]) -> set[str | None]:
    """Collect everybody a timeline names."""
    people: set[str | None] = set()
    for event in events:
        people.add(event.actor_id)
        for field in PEOPLE_FIELDS:
            people.update(event.changes.get(field, ()))
    return people


def build(events: Sequence[Event], reader: Reader, filters: Filters) -> list[Entry]:
    """Lay out events, oldest first: a line per new day, a message per text, runs of changes folded.

    A run goes on over days, until somebody speaks. The latest change stands alone, so that it can be
    undone without looking for it. `filters` write moments: long_day, short_day and clock.
    """
    entries: list[Entry] = []
    latest = max((event.version for event in events if _is_change(event)), default=0)
    for event in events:
        if event.body is not None:
            entries.append(_message(event, reader))
        if _is_change(event):
            alone = event.version == latest or not entries or entries[-1]["type"] != "changes"
            if alone:
                entries.append({"type": "changes", "at": event.at, "events": []})
            entries[-1]["events"].append(_changed(event, reader))
    for entry in entries:
        if entry["type"] == "changes":
            _sum_up(entry, filters)
    return list(_with_days(entries, filters["long_day"]))


def _is_change(event: Event) -> bool:
    return event.kind != "created" and (event.body is None or bool(event.changes))


def _with_days(entries: Iterable[Entry], day: Callable[[Any], str]) -> Iterable[Entry]:
    present = None
    for entry in entries:
        said = day(entry["at"])
        if said != present:
            present = said
            yield {"type": "day", "label": said}
        yield entry


def _message(event: Event, reader: Reader) -> Entry:
    voice = "note" if not event.public else "customer" if event.actor_kind == "customer" else "reply"
    return {
        "type": "message",
        "version": event.version,
        "voice": voice,
        "actor_id": event.actor_id,
        "actor_name": reader.person(event.actor_id),
        "at": event.at,
        "body": event.body,
    }


def _changed(event: Event, reader: Reader) -> Entry:
    return {
        "version": event.version,
        "actor_name": reader.person(event.actor_id),
        "at": event.at,
        "undoes": event.undoes,
        "undone_by": event.undone_by,
        "undoable": event.undoable,
        "changes": [
            {
                "field": field_label(name).lower(),
                "old": reader.words(name, old),
                "new": reader.words(name, new),
            }
            for name, (old, new) in event.changes.items()
        ],
    }


def _sum_up(entry: Entry, filters: Filters) -> None:
    """Say in a few words what a folded run of changes did, and from when to when."""
    events = entry["events"]
    parts = [_in_short(event, change) for event in events for change in event["changes"]]
    entry["summary"] = ", ".join(parts[:SUMMED_UP]) + (", and more" if len(parts) > SUMMED_UP else "")
    first, last = events[0]["at"], events[-1]["at"]
    one_day = first == last or filters["long_day"](first) == filters["long_day"](last)
    write = filters["clock" if one_day else "short_day"]
    entry["span"] = "\N{EN DASH}".join(dict.fromkeys((write(first), write(last))))


def _in_short(event: Entry, change: Entry) -> str:
    if event["undoes"]:
        return f"{change['field']} undone"
    if change["new"] is None:
        return f"{change['field']} cleared"
    was = f"{change['old']} to " if change["old"] is not None else ""
    return f"{change['field']} {was}{change['new']}"
