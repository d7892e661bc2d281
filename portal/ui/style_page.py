"""The style page: every component in every state, built with the macros that the pages use.

It exists in development only and needs no sign-in, because it shows samples and reads no data.
"""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from wtforms import BooleanField, Form, StringField

from portal.assets.manifest import BUILD, SOURCE, Assets
from portal.web.guards import now, public
from services.text import search_text, search_words
from services.users.accounts import THEMES

bp = Blueprint("style", __name__)

TOKEN = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
# Backgrounds, which hold text and so have no contrast of their own.
GROUNDS = re.compile(
    r"-soft$|^(canvas|surface|sunken|well|hover|raised|raised-hover|line.*|bar.*|note|on-ink)$"
)


@bp.get("/style")
@public
def page() -> str:
    """Show every component."""
    theme = request.args.get("theme", "system")
    return render_template(
        "style.html",
        theme=theme if theme in THEMES else "system",
        tokens=tokens((SOURCE / "css" / "tokens.css").read_text()),
        icons=_icons(),
        now=now(),
        earlier=now() - timedelta(days=3, hours=2),
        filters=_filters(),
        form=_form(),
    )


@bp.get("/style/lookup")
@public
def lookup() -> Response:
    """Respond with what the sample of a combobox finds."""
    words = search_words(request.args.get("q", ""))
    people = enumerate(("Grace Chen", "Ben Okafor", "Carla Neri", "Ana Silva", "Bo Larsson", "Søren Åkesson"))
    matches = ((str(at), name) for at, name in people if all(word in search_text(name) for word in words))
    return jsonify([[value, name, "4 open"] for value, name in matches])


def tokens(css: str) -> list[dict[str, Any]]:
    """Read the colours with both values and, if they are drawn on the surface, their contrast to it."""
    light_part, _, dark_part = css.partition('[data-theme="dark"]')
    light: dict[str, str] = dict(TOKEN.findall(light_part))
    dark: dict[str, str] = dict(TOKEN.findall(dark_part.partition("}")[0]))
    colours = []
    for name, value in light.items():
        twin = dark.get(name, value)
        ratios = (contrast(value, light["surface"]), contrast(twin, dark["surface"]))
        colours.append(
            {"name": name, "light": value, "dark": twin, "ratios": None if GROUNDS.search(name) else ratios}
        )
    return colours


def contrast(one: str, other: str) -> float:
    """Measure the contrast of two colours (#rrggbb) as WCAG 2 does, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _icons() -> list[str]:
    sprite = BUILD / Assets.load().files["sprite.svg"]
    return re.findall(r'<symbol id="([^"]+)"', sprite.read_text())


def _filters() -> SimpleNamespace:
    """Imitate what a grid gives its filter chips."""

    def control(
        name: str, label: str, kind: str, values: dict[str, Any], choices: Any = (), *, lookup: str = ""
    ) -> SimpleNamespace:
        return SimpleNamespace(
            name=name,
            label=label,
            type=kind,
            values=values,
            choices=list(choices),
            max_length=200,
            lookup=lookup,
        )

    status = [("new", "New"), ("open", "Open"), ("pending", "Pending"), ("on_hold", "On hold")]
    return SimpleNamespace(
        available=[
            control("status", "Status", "choice", {"": ("new", "open")}, status),
            control("team", "Team", "choice", {"not": ("onboarding",)}, [("onboarding", "Onboarding")]),
            control(
                "assignee", "Assignee", "lookup", {}, [("-", "Unassigned")], lookup=url_for("style.lookup")
            ),
            control("created", "Created", "date", {"from": ("2026-11-15",)}),
            control("number", "Number", "number", {}),
            control("subject", "Subject", "text", {}),
        ],
        active=[
            SimpleNamespace(name="status", label="Status", text="New, Open", remove_url="#chips"),
            SimpleNamespace(name="team", label="Team", text="not Onboarding", remove_url="#chips"),
            SimpleNamespace(name="created", label="Created", text="from 2026-11-15", remove_url="#chips"),
        ],
        carry=[],
        clear_url="#chips",
    )


class _Sample(Form):  # type: ignore[misc]  # WTForms ships no types
    wtf_name = StringField("From a form of Flask-Admin", description="Described like any other field.")
    wtf_on = BooleanField("Can sign in")
    wtf_bad = StringField("Refused by the server")


def _form() -> _Sample:
    form = _Sample(data={"wtf_name": "Ana Silva", "wtf_on": True, "wtf_bad": "?"})
    form.wtf_bad.errors = ["Use at least one letter or digit."]
    return form
