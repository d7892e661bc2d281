"""Fakes with the shape of the services, and the dashboard mounted in a small Flask app."""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, redirect, send_from_directory
from flask_wtf.csrf import CSRFProtect, generate_csrf

from analytics_dash import mount
from analytics_dash.route_guard import shapes
from services.reporting import NO_REPLY, Counted, Figure, Filters, Overview, Row, Series

NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)
TODAY = NOW.date()
CSS = Path(__file__).resolve().parents[2] / "portal" / "static" / "src" / "css"
FONTS = CSS.parents[3] / "node_modules" / "@fontsource-variable" / "inter" / "files"
STYLES = ("tokens", "base", "controls", "components", "overlay", "shell", "responsive", "dash")


@dataclass(frozen=True)
class Named:
    id: str
    name: str


TEAMS = [Named("t1", "Billing"), Named("t2", "Platform"), Named("t3", "Accounts"), Named("t4", "Devices")]
CATEGORIES = [
    Named(f"c{n}", name)
    for n, name in enumerate(
        [
            "Invoice question",
            "Login and password",
            "Hardware fault",
            "VPN and network",
            "Mail",
            "Refund",
            "Licence request",
            "<b>Odd</b> & named",
            "Mobile devices and everything around them",
            "Printing",
            "Other",
        ]
    )
]
AGENTS = {
    "a1": "Ana Silva",
    "a2": "Grace Chen",
    "a3": "Dmitri Volkov",
    "a4": "Priya Raman",
    "a5": "Emma Larsson",
    "a6": "Ben Okafor",
    "a7": "Hugo Weber",
    "a8": "Stefan Marić",
    "a9": "Lena Fischer",
}


class FakeDashboards:
    """Answers with plausible numbers, the same for the same filters, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Filters, datetime, Any]] = []
        self.teams: dict[Any, frozenset[str]] = {}

    def teams_of(self, *, actor: Any) -> frozenset[str] | None:
        return self.teams.get(actor)

    def overview(self, *, filters: Filters, now: datetime, actor: Any) -> Overview:
        self.asked.append((filters, now, actor))
        rng = random.Random(
            f"{filters.start}{filters.end}{filters.teams}{filters.priorities}{filters.categories}"
        )
        days = tuple(filters.start + timedelta(days=n) for n in range((filters.end - filters.start).days + 1))
        created = tuple(round((52 if day.weekday() < 5 else 18) * rng.uniform(0.7, 1.35)) for day in days)
        solved = tuple(round((54 if day.weekday() < 5 else 13) * rng.uniform(0.7, 1.3)) for day in days)
        level, levels = 1797, []
        for plus, minus in zip(created, solved, strict=True):
            level = max(0, level + plus - minus)
            levels.append(level)
        return Overview(
            filters=filters,
            as_of=now,
            data_age=4.2,
            figures=figures(sum(created), sum(solved), level),
            created=Series("created", days, created),
            solved=Series("solved", days, solved),
            backlog=Series("backlog", days, tuple(levels)),
            arrivals=arrivals(created, days),
            by_priority=rows(rng, ["urgent", "high", "normal", "low"], [61, 318, 780, 213]),
            by_category=rows(rng, [c.id for c in CATEGORIES] + [None]),
            by_team=rows(rng, [t.id for t in TEAMS] + [None]),
            by_agent=rows(rng, [*AGENTS, None]),
        )


def arrivals(created: Iterable[int], days: Iterable[date]) -> tuple[tuple[int, ...], ...]:
    """Spread each day's tickets over its hours from 8 to 17."""
    rows = [[0] * 24 for _ in range(7)]
    for number, day in zip(created, days, strict=True):
        for index in range(number):
            rows[day.weekday()][8 + index * 7 % 10] += 1
    return tuple(map(tuple, rows))


def figures(created: int, solved: int, backlog: int) -> dict[str, Figure]:
    """Make the six figures of the overview around three counts."""
    return {
        "created": Figure(
            "created",
            created,
            "count",
            created,
            "Tickets created in the period.",
            1,
            previous=created / 1.061,
        ),
        "solved": Figure(
            "solved",
            solved,
            "count",
            solved,
            "Times a ticket became solved in the period, whenever it was created.",
            1,
            previous=solved / 1.094,
        ),
        "backlog": Figure(
            "backlog",
            backlog,
            "count",
            backlog,
            "Tickets unsolved at the end, by replay.",
            2,
            previous=backlog + 36,
        ),
        "first_response": Figure(
            "first_response",
            1440,
            "seconds",
            1295,
            "Median of the time from **created** to the **first public reply by a person**.",
            3,
            "median(created to first reply)",
            "Automatic replies do not count.",
            p90=7800,
            previous=1800,
            excluded={NO_REPLY: 41, "spam or merged": 36},
        ),
        "full_resolution": Figure(
            "full_resolution",
            188_400,
            "seconds",
            solved,
            "Median of the time from created to last solved.",
            1,
            p90=901_000,
            previous=181_000,
        ),
        "reopen_rate": Figure(
            "reopen_rate",
            0.042,
            "share",
            1180,
            "First solved in the period and reopened within 14 days / first solved.",
            2,
            previous=0.0501,
            immature=228,
        ),
        "unreplied": Figure("unreplied", 41, "count", 41, "Unsolved tickets without an answer.", 1),
        "oldest_unreplied": Figure("oldest_unreplied", 11_520, "seconds", 41, "Age of the oldest.", 1),
    }


def rows(rng: random.Random, keys: Iterable[str | None], created: list[int] | None = None) -> tuple[Row, ...]:
    """Make one group per key."""
    return tuple(
        Row(
            key,
            created[n] if created else rng.randrange(20, 420),
            rng.randrange(20, 420),
            rng.randrange(5, 500),
            rng.uniform(400, 9000),
            rng.uniform(40_000, 400_000),
        )
        for n, key in enumerate(keys)
    )


class FakeAccounts:
    def names(self, ids: Iterable[str]) -> dict[str, str]:
        return {key: AGENTS[key] for key in ids if key in AGENTS}


class FakeCatalog:
    def teams(self) -> list[Named]:
        return TEAMS

    def categories(self) -> list[Named]:
        return CATEGORIES


@dataclass
class FakeReporting:
    dashboards: FakeDashboards = field(default_factory=FakeDashboards)


@dataclass
class FakeUsers:
    accounts: FakeAccounts = field(default_factory=FakeAccounts)


@dataclass
class FakeServices:
    reporting: FakeReporting = field(default_factory=FakeReporting)
    users: FakeUsers = field(default_factory=FakeUsers)
    catalog: FakeCatalog = field(default_factory=FakeCatalog)


class FakeGuard:
    """Lets the manager in until told otherwise, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: Callable[[], Any] = lambda: "manager"

    def __call__(self) -> Any:
        self.asked += 1
        return self.answer()

    def refuse(self) -> None:
        self.answer = lambda: redirect("/login")


def grid_url(counted: Counted) -> str:
    """Write a grid address the way the portal does."""
    filters = counted.filters
    pairs = [("counted", counted.measure.value), ("from", filters.start), ("to", filters.end)]
    pairs += [(name, one) for name, chosen in filters.choices.items() for one in chosen]
    pairs += [("hour", counted.hour)] if counted.hour is not None else []
    return f"/desk/tickets/?{urlencode(pairs)}"


ACTIONS = (
    '<span id="data-age"></span><span id="data-age-too"></span>'
    '<button id="copy-link" type="button"><span>Copy link</span></button>'
)


def shell(parts: dict[str, str]) -> str:
    """Stand in for the portal's page: its classes and its stylesheet, not its templates."""
    return (
        '<!doctype html><html lang="en" data-theme="system"><head>'
        f"<title>{parts['title']}</title>{parts['metas']}{parts['css']}"
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/static-test.css"></head><body>'
        '<div class="shell"><div class="side"><div class="side-scroll">'
        '<a class="nav-item" href="#" aria-current="page">Dashboards</a></div></div>'
        f'<div class="sheet"><div class="bar"><div class="bar-title"><h1>{parts["title"]}</h1></div>'
        f'<div class="bar-actions">{ACTIONS}</div></div>'
        f'<div class="cols"><main class="main well" id="main">{parts["app_entry"]}</main></div></div></div>'
        f"{parts['config']}{parts['scripts']}{parts['renderer']}</body></html>"
    )


def stylesheet() -> str:
    """Join the portal's stylesheets, without the pieces of the font that its asset build cuts."""
    texts = [(CSS / f"{name}.css").read_text() for name in STYLES if (CSS / f"{name}.css").exists()]
    text = re.sub(r"@font-face \{[^}]*asset:inter-(?!latin)[^}]*\}", "", "".join(texts))
    return text.replace("url(asset:", "url(/fonts/")


@dataclass
class Site:
    """The dashboard in its Flask app, with everything it was given."""

    server: Flask
    app: Any
    services: FakeServices
    guard: FakeGuard


def avatar(key: str, name: str) -> tuple[str, int]:
    """Give initials and one of six hues."""
    return "".join(word[0] for word in name.split()), int(key[1:]) % 6 + 1


def make_site(folder: Path | None = None, **overrides: Any) -> Site:
    """Mount the dashboard with fakes, under the content policy the portal sends."""
    server = Flask("test-portal", static_folder=None)
    server.config.update(SECRET_KEY="test", WTF_CSRF_TIME_LIMIT=None)
    CSRFProtect(server)
    services, guard = FakeServices(), FakeGuard()
    settings: dict[str, Any] = {
        "guard": guard,
        "shell": shell,
        "grid_url": grid_url,
        "csrf_token": generate_csrf,
        "bundles": folder,
        "now": lambda: NOW,
        "avatar": avatar,
    }
    app = mount(server, services, **(settings | overrides))
    policy = "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' 'nonce-abc' {' '.join(app.csp_hashes())}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
        ]
    )

    @server.after_request
    def secure(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        return response

    server.add_url_rule("/static-test.css", "css", lambda: Response(stylesheet(), mimetype="text/css"))
    server.add_url_rule(
        "/fonts/<name>.woff2", "font", lambda name: send_from_directory(FONTS, f"{name}-wght-normal.woff2")
    )
    server.add_url_rule(
        "/desk/tickets/", "grid", lambda: '<title>Tickets</title><link rel="icon" href="data:,">'
    )
    server.add_url_rule("/login", "login", lambda: "<title>Login</title>")
    return Site(server, app, services, guard)


def call(site: Site, search: object = "", refresh: object = None) -> dict[str, Any]:
    """Build the body the page sends for one callback."""
    output, (inputs, outputs) = next(iter(callback_shape(site).items()))
    values = {"url": search, "refresh": refresh}
    return {
        "output": output,
        "outputs": [{"id": one, "property": prop} for one, prop in outputs],
        "inputs": [{"id": one, "property": prop, "value": values[one]} for one, prop in inputs],
        "changedPropIds": ["url.search"],
    }


def callback_shape(site: Site) -> Any:
    """List the pairs of ids and properties of the one server callback."""
    return shapes(site.app.callback_map)


def post(site: Site, body: Any, **headers: str) -> Any:
    """Send a callback as the page does, with the token from the page's cookie."""
    client = site.server.test_client()
    client.get("/reports/")
    cookie = client.get_cookie("csrf_token", path="/reports/")
    sent = {"X-CSRFToken": cookie.value} if cookie else {}
    return client.post("/reports/_dash-update-component", json=body, headers=sent | headers)
