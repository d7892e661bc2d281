"""How moments and names read on a page."""

from datetime import date, datetime, tzinfo
from zlib import crc32
from zoneinfo import ZoneInfo

from flask import Flask

from portal.ui import user_agents
from portal.ui.links import linked, phone_link
from portal.web.guards import now
from services.tickets import ALL_FIELDS
from services.times import to_text
from services.users.identity import Permission

HUES = 6
PERMISSION_LABELS = {permission: permission.label for permission in Permission}
MINUTE, HOUR, DAY = 60, 3600, 86_400
WEEK = 7  # days after which a weekday alone would name two


def init_app(app: Flask, *, time_zone: str) -> None:
    """Register the template filters, and the labels of choices by field and value.

    Days and clocks are shown in one time zone, the one in the settings.
    """
    zone = ZoneInfo(time_zone)
    app.jinja_env.globals["choice_labels"] = {
        each.name: dict(each.choices) for each in ALL_FIELDS if each.choices
    }
    app.jinja_env.filters.update(
        browser=user_agents.name,
        initials=initials,
        linked=linked,
        phone_link=phone_link,
        hue=hue,
        iso=to_text,
        ago=lambda at: ago(at, now(), zone),
        age=lambda at: age((now() - at).total_seconds()),
        day=lambda at: day(at, now(), zone),
        long_day=lambda at: long_day(at, now(), zone),
        full_day=lambda at: full_day(at.astimezone(zone).date()),
        short_day=lambda at: short_day(at, now(), zone),
        clock=lambda at: clock(at, zone),
        when=lambda at: when(at, now(), zone),
        told=lambda at: told(at, now(), zone),
        stamp=lambda at: stamp(at, now(), zone),
        exact=lambda at: exact(at, zone),
        second=lambda at: second(at, zone),
    )


def initials(name: str) -> str:
    """Shorten a name to at most two letters."""
    words = [word for word in name.split() if word[:1].isalnum()]
    chosen = words if len(words) < 2 else [words[0], words[-1]]
    return "".join(word[0] for word in chosen).upper() or "?"


def hue(text: str) -> int:
    """Pick one of six avatar colours, 1 to 6; the same person keeps the same one."""
    return crc32(text.encode()) % HUES + 1


def exact(at: datetime, zone: tzinfo) -> str:
    """Write a moment in full: Fri 20 Nov 2026, 16:52."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def clock(at: datetime, zone: tzinfo) -> str:
    """Write the time of day: 16:52."""
    return f"{at.astimezone(zone):%H:%M}"


def second(at: datetime, zone: tzinfo) -> str:
    """Write a moment as a log would be searched for it: 20 Nov 2026 16:52:07."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y %H:%M:%S}"


def stamp(at: datetime, current: datetime, zone: tzinfo) -> str:
    """Write day and time, the year only when it is another: Fri 20 Nov, 16:52."""
    local = at.astimezone(zone)
    if local.year != current.astimezone(zone).year:
        return exact(at, zone)
    return f"{local:%a} {local.day} {local:%b, %H:%M}"


def when(at: datetime, current: datetime, zone: tzinfo) -> str:
    """Write a moment as people name it: Today 09:41, Yesterday 16:52, Fri 16:52, 12 Oct, 12 Oct 2025."""
    local = at.astimezone(zone)
    named = _recent(local, current.astimezone(zone), f"{local:%a}")
    return f"{named} {local:%H:%M}" if named else day(at, current, zone)


def within(at: datetime, current: datetime, zone: tzinfo) -> str:
    """Write the same inside a sentence: today 09:41, yesterday 16:52, Fri 16:52."""
    said = when(at, current, zone)
    return said[0].lower() + said[1:] if said.startswith(("Today", "Yesterday")) else said


def told(at: datetime, current: datetime, zone: tzinfo) -> str:
    """Place a moment in a sentence: today at 09:41, yesterday at 16:52, on Friday, on 12 Oct."""
    local = at.astimezone(zone)
    named = _recent(local, current.astimezone(zone), f"on {local:%A}")
    if named is None:
        return f"on {day(at, current, zone)}"
    return named if named.startswith("on ") else f"{named.lower()} at {local:%H:%M}"


def _recent(local: datetime, current: datetime, weekday: str) -> str | None:
    """Name one of the last seven days, on which a weekday is enough; None for any other day."""
    days = (current.date() - local.date()).days
    return {0: "Today", 1: "Yesterday"}.get(days, weekday) if 0 <= days < WEEK else None


def avatar(user_id: str, name: str) -> tuple[str, int]:
    """Give a person's initials and colour."""
    return initials(name), hue(user_id)


def ago(at: datetime, current: datetime, zone: tzinfo) -> str:
    """Say how long ago something was, as short as it is still clear: 4 s, 3 min, 2 h, Yesterday, 14 Oct."""
    seconds = (current - at).total_seconds()
    if seconds < 5:
        return "now"
    return age(seconds) if seconds < DAY else day(at, current, zone)


def age(seconds: float) -> str:
    """Say how old something is, at least a second: 4 s, 3 min, 2 h, 5 d."""
    if seconds < MINUTE:
        return f"{max(1, int(seconds))} s"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min"
    return f"{int(seconds // HOUR)} h" if seconds < DAY else f"{int(seconds // DAY)} d"


def day(at: datetime, current: datetime, zone: tzinfo) -> str:
    """Name a day: Today, Yesterday, 14 Oct, 14 Oct 2025."""
    local, today = at.astimezone(zone), current.astimezone(zone).date()
    days = (today - local.date()).days
    if days in (0, 1):
        return ("Today", "Yesterday")[days]
    if local.year == today.year:
        return f"{local.day} {local:%b}"
    return f"{local.day} {local:%b %Y}"


def full_day(day: date) -> str:
    """Write a day with its year: 31 Mar 2016."""
    return f"{day.day} {day:%b} {day.year}"


def long_day(at: datetime, current: datetime, zone: tzinfo) -> str:
    """Name a day in full: Today, Yesterday, Friday 20 November, Friday 21 November 2025."""
    local, today = at.astimezone(zone), current.astimezone(zone).date()
    days = (today - local.date()).days
    if days in (0, 1):
        return ("Today", "Yesterday")[days]
    return f"{local:%A} {local.day} {local:%B}" + ("" if local.year == today.year else f" {local.year}")


def short_day(at: datetime, current: datetime, zone: tzinfo) -> str:
    """Name a day of the last week by its weekday, an earlier one by its date: Fri, 14 Oct, 14 Oct 2025."""
    local, today = at.astimezone(zone), current.astimezone(zone).date()
    return f"{local:%a}" if (today - local.date()).days < WEEK else day(at, current, zone)
