"""A ticket's history as the page shows it: days, messages, and changes folded into one line."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from portal.desk.choices import Reader, label_of
from services.tickets import Event

PEOPLE_FIELDS = ("assignee_id", "requester_id")
Entry = dict[str, Any]


def people_in(events: Iterable[Event]) -> set[str | None]:
    """Collect everybody a timeline names."""
    people: set[str | None] = set()
    for event in events:
        people.add(event.actor_id)
        for field in PEOPLE_FIELDS:
            people.update(event.changes.get(field, ()))
    return people


def build(
    events: Iterable[Event], reader: Reader, day: Callable[[datetime], str], clock: Callable[[datetime], str]
) -> list[Entry]:
    """Lay out events, oldest first: a line per new day, a message per text, runs of changes folded."""
    entries: list[Entry] = []
    present_day = None
    for event in events:
        if day(event.at) != present_day:
            present_day = day(event.at)
            entries.append({"type": "day", "label": present_day})
        if event.body is not None:
            entries.append(_message(event, reader))
        if event.kind == "created" or (event.body is not None and not event.changes):
            continue
        if entries[-1]["type"] != "changes":
            entries.append({"type": "changes", "events": []})
        entries[-1]["events"].append(_changed(event, reader))
    for entry in entries:
        if entry["type"] == "changes":
            _sum_up(entry, clock)
    return entries


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
        "changes": [
            {"field": label_of(name).lower(), "old": reader.words(name, old), "new": reader.words(name, new)}
            for name, (old, new) in event.changes.items()
        ],
    }


def _sum_up(entry: Entry, clock: Callable[[datetime], str]) -> None:
    """Say in a few words what a folded run of changes did, and from when to when."""
    events = entry["events"]
    parts = [
        f"{change['field']} {change['new'] or 'cleared'}" for event in events for change in event["changes"]
    ]
    entry["summary"] = ", ".join(parts[:4]) + (", and more" if len(parts) > 4 else "")
    first, last = clock(events[0]["at"]), clock(events[-1]["at"])
    entry["span"] = first if first == last else f"{first}\N{EN DASH}{last}"
