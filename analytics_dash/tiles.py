"""The row of figures, each with its change, its n and its explanation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from analytics_dash import words
from analytics_dash.elements import Child, Element, html
from analytics_dash.links import Links
from services.reporting import Figure, Overview

NO_CHANGE = "no change"
MOST_TIMES = 10  # a change beyond that reads better as a number than as a percentage


@dataclass(frozen=True)
class Tile:
    """How one figure is shown: its title, which direction is good (0 = neither), whose tickets it opens."""

    title: str
    better: int = 0
    link: Callable[[Links], str | None] = lambda _: None
    note: str = ""
    relative: bool = False


TILES: Mapping[str, Tile] = {
    "created": Tile("Created", link=lambda links: links.created(), relative=True),
    "solved": Tile("Solved", 1, lambda links: links.solved(), relative=True),
    "backlog": Tile("Backlog now", -1, lambda links: links.still_open()),
    "first_response": Tile("First response", -1, note="median"),
    "full_resolution": Tile("Full resolution", -1, lambda links: links.solved(), note="median"),
    "reopen_rate": Tile("Reopen rate", -1),
}


def row(overview: Overview) -> list[Element]:
    """Write the tiles of the figures there are, in their fixed order."""
    tiles = _tiles(overview)
    return [_tile(name, tile, overview.figures[name]) for name, tile in tiles.items()]


def explanations(overview: Overview, links: Links) -> list[Element]:
    """Write one popover per figure: definition, n, what was left out and why, version, age of the data."""
    tiles = _tiles(overview)
    return [_explanation(name, tile, overview.figures[name], overview, links) for name, tile in tiles.items()]


def _tiles(overview: Overview) -> dict[str, Tile]:
    """Pick the tiles of the figures there are; a backlog of the past opens no tickets of today."""
    tiles = {name: tile for name, tile in TILES.items() if name in overview.figures}
    today = overview.as_of.astimezone(ZoneInfo(overview.filters.zone)).date()
    if "backlog" in tiles and overview.filters.end < today:
        tiles["backlog"] = Tile(f"Backlog on {words.day(overview.filters.end)}", -1)
    return tiles


def change(figure: Figure, *, relative: bool) -> tuple[str, float]:
    """Say how a figure differs from the previous period, and the signed difference (0 when unknown)."""
    if figure.value is None or figure.previous is None:
        return "", 0.0
    difference = figure.value - figure.previous
    size = abs(difference)
    if figure.unit == "share":
        text = f"{size * 100:.1f} pt"
        none = text == "0.0 pt"
    elif figure.unit == "seconds":
        text, none = words.duration(size), round(size) == 0
    elif relative and figure.previous and size < MOST_TIMES * abs(figure.previous):
        text = f"{size / abs(figure.previous) * 100:.1f} %"
        none = text == "0.0 %"
    else:
        text, none = words.count(size), round(size) == 0
    return (NO_CHANGE, 0.0) if none else (words.signed(text, difference > 0), difference)


def _tile(name: str, tile: Tile, figure: Figure) -> Element:
    value = words.figure(figure.value, figure.unit)
    return html(
        "Div",
        [
            html("H2", tile.title, className="tile-name"),
            html(
                "Button",
                html("Span", f"Explain {tile.title.lower()}", className="vh"),
                className="explain-btn",
                id=f"explain-btn-{name}",
                type="button",
                data_explain=name,
                aria_expanded="false",
                aria_controls=f"explain-{name}",
            ),
            html("Div", value, className="tile-value"),
            _changed(tile, figure),
            html("Div", className="spark", data_spark=name, aria_hidden="true"),
            html("Div", _note(tile, figure), className="tile-note"),
        ],
        className="tile",
        data_tile=name,
    )


def _changed(tile: Tile, figure: Figure) -> Element:
    text, difference = change(figure, relative=tile.relative)
    counted: list[Child] = (
        [html("Span", f" · n {words.count(figure.n)}", className="tile-n")] if tile.note else []
    )
    if not difference:
        return html("Div", [text or "no earlier figure", *counted], className="tile-change")
    tone = {1: " ok", -1: " bad", 0: ""}[tile.better * (1 if difference > 0 else -1)]
    arrow = html("Span", "\N{UPWARDS ARROW}" if difference > 0 else "\N{DOWNWARDS ARROW}", aria_hidden="true")
    said = [arrow, f" {text}", *counted]
    return html("Div", said, className=f"tile-change{tone}", title="against the period before")


def _note(tile: Tile, figure: Figure) -> str:
    if figure.value is None:
        return "nothing to count"
    if not tile.note:
        not_final = f", {words.count(figure.immature)} not final" if figure.immature else ""
        return f"n {words.count(figure.n)}{not_final}"
    return tile.note if figure.p90 is None else f"{tile.note} · p90 {words.figure(figure.p90, figure.unit)}"


def _explanation(name: str, tile: Tile, figure: Figure, overview: Overview, links: Links) -> Element:
    link = tile.link(links)
    noun = "ticket" if figure.n == 1 else "tickets"
    foot = html("A", f"Open the {words.count(figure.n)} {noun}", href=link) if link and figure.n else None
    return html(
        "Div",
        [
            html(
                "Div",
                [
                    html("H2", f"{tile.title}, explained", id=f"explain-title-{name}"),
                    html(
                        "Button",
                        html("Span", "Close", className="vh"),
                        className="close-btn",
                        type="button",
                        data_explain_close=name,
                    ),
                ],
                className="explain-head",
            ),
            html("P", figure.definition, className="explain-text"),
            html("Dl", _facts(name, figure, overview), className="explain-facts"),
            html("Div", foot, className="explain-foot") if foot else None,
        ],
        id=f"explain-{name}",
        className="pop explain",
        role="dialog",
        hidden=True,
        tabIndex=-1,
        aria_labelledby=f"explain-title-{name}",
    )


def _facts(name: str, figure: Figure, overview: Overview) -> list[Child]:
    """Pair terms and facts: what was counted, what was not, what can still change, and as of when."""
    reasons = ", ".join(
        f"{words.count(number)} {reason}" for reason, number in figure.excluded.items() if number
    )
    facts = {"n": words.count(figure.n), "Value": words.figure(figure.value, figure.unit)}
    if figure.p90 is not None:
        facts["p90"] = words.figure(figure.p90, figure.unit)
    if figure.immature:
        facts["Not final"] = f"{words.count(figure.immature)} of these can still change it"
    if name == "first_response":
        facts |= _unreplied(overview)
    facts |= {
        "Before": words.figure(figure.previous, figure.unit),
        "Excluded": f"{words.count(sum(figure.excluded.values()))}: {reasons}" if reasons else "nothing",
        "Definition": f"{name}, version {figure.version}",
        "As of": f"{words.moment(overview.as_of)} UTC, {words.age(overview.data_age)}",
    }
    return [part for term, fact in facts.items() for part in (html("Dt", term), html("Dd", fact))]


def _unreplied(overview: Overview) -> dict[str, str]:
    """Say how many wait for a first reply: a median of replies alone would look good while nobody answers."""
    waiting, oldest = overview.figures.get("unreplied"), overview.figures.get("oldest_unreplied")
    if waiting is None or not waiting.value:
        return {}
    age = (
        f", the oldest {words.duration(oldest.value)}"
        if oldest is not None and oldest.value is not None
        else ""
    )
    return {"Unreplied": f"{words.count(waiting.value)} now{age}"}
