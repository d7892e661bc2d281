"""Small components that appear dozens of times on a page: icon, avatar, moment.

They are globals of every template: as Jinja macros they would be a fifth of the cost of rendering a ticket.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup, escape

from portal.ui import formatting
from portal.web.guards import now
from services.times import to_text

KINDS = 500  # of icons with their classes; there are about a hundred


def init_app(app: Flask, *, time_zone: str, asset: Callable[[str], str]) -> None:
    """Give the templates their components; times are shown in one time zone, icons come from one sprite."""
    icon = lru_cache(KINDS)(partial(_icon, asset("sprite.svg")))
    app.jinja_env.globals.update(
        icon=icon, avatar=partial(_avatar, icon("user")), moment=partial(_moment, ZoneInfo(time_zone))
    )


def _icon(sprite: str, name: str, css_class: str = "") -> Markup:
    """Write one of the sprite's icons, decorative: it stands next to text."""
    classes = f"i {css_class}" if css_class else "i"
    return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        classes, sprite, name
    )


def _avatar(nobody: Markup, user_id: str | None, name: str, size: str = "") -> Markup:
    """Write a person's initials in a circle of 24 px (xs 20, m 32, l 40), next to the name."""
    size = f" {size}" if size else ""
    if not user_id:
        return Markup(f'<span class="av none{size}" aria-hidden="true">{nobody}</span>')  # noqa: S704 - our words
    initials, hue = formatting.avatar(user_id, name)
    drawn = f'<span class="av h{hue}{size}" aria-hidden="true">{escape(initials)}</span>'
    return Markup(drawn)  # noqa: S704 - escaped where it is not ours


def _moment(zone: ZoneInfo, at: datetime, show: str = "ago") -> Markup:
    """Write a moment, with the exact time on hover.

    `show` picks the words: ago (3 min), clock (16:52), when (Fri 16:52), within (the same inside a sentence:
    today 16:52) or stamp (Fri 20 Nov, 16:52).
    """
    text = _FORMATS[show](at, now(), zone)
    return Markup(  # noqa: S704 - digits and names of days
        f'<time datetime="{to_text(at)}" title="{formatting.exact(at, zone)}">{text}</time>'
    )


_FORMATS: dict[str, Callable[[datetime, datetime, ZoneInfo], str]] = {
    "ago": formatting.ago,
    "clock": lambda at, _now, zone: formatting.clock(at, zone),
    "when": formatting.when,
    "within": formatting.within,
    "stamp": formatting.stamp,
}
