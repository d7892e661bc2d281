"""The row of tiles: each figure with its change, its n and its explanation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from analytics_dash import formatting
from analytics_dash.elements import Child, Element, html, icon
from analytics_dash.links import Links
from services.reporting import BEFORE_CREATION, NO_REPLY, Figure, Measure, Overview

NO_CHANGE = "no change"
MOST_TIMES = 10  # a change beyond that reads better as a number than as a percentage


@dataclass(frozen=True)
class Tile:
    """How one figure is shown: title, the tickets it counts, and which direction is good (0 = neither)."""

    title: str
    measure: Measure
    better: int = 0
    note: str = ""
    relative: bool = False


TILES: Mapping[str, Tile] = {
    "created": Tile("Created", Measure.CREATED, relative=True),
    "solved": Tile("Solved", Measure.SOLVED, 1, "first solves", relative=True),
    "backlog": Tile("Backlog", Measure.UNSOLVED, -1, "unsolved now"),
    "first_response": Tile("First response", Measure.FIRST_RESPONSE, -1),
    "full_resolution": Tile("Full resolution", Measure.FULL_RESOLUTION, -1),
    "reopen_rate": Tile("Reopen rate", Measure.SOLVED, -1),
}
# The tickets that a figure leaves out for a reason, where each reason leaves out a ticket once.
LEFT_OUT: Mapping[str, Measure] = {
    NO_REPLY: Measure.UNANSWERED,
    BEFORE_CREATION: Measure.BACKDATED,
}


def row(overview: Overview, links: Links) -> list[Element]:
    """Build the tiles of the available figures in their fixed order, each with its explanation."""
    return [
        _tile(name, tile, overview.figures[name], _explanation(name, tile, overview, links))
        for name, tile in _tiles(overview).items()
    ]


def _tiles(overview: Overview) -> dict[str, Tile]:
    """Return the tiles of the available figures; a past backlog says of when it is."""
    tiles = {name: tile for name, tile in TILES.items() if name in overview.figures}
    if "backlog" in tiles and not overview.lasts:
        title = f"Backlog on {formatting.day(overview.filters.end)}"
        tiles["backlog"] = replace(tiles["backlog"], title=title, note="unsolved then")
    return tiles


def change(figure: Figure, *, relative: bool) -> tuple[str, float]:
    """Return how a figure differs from the previous period, as text and signed number (0 if unknown)."""
    if figure.value is None or figure.previous is None:
        return "", 0.0
    difference = figure.value - figure.previous
    size = abs(difference)
    if figure.unit == "share":
        text = f"{size * 100:.1f} pt"
        none = text == "0.0 pt"
    elif figure.unit == "seconds":
        text, none = formatting.duration(size), round(size) == 0
    elif relative and figure.previous and size < MOST_TIMES * abs(figure.previous):
        text = f"{size / abs(figure.previous) * 100:.1f} %"
        none = text == "0.0 %"
    else:
        text, none = formatting.count(size), round(size) == 0
    return (NO_CHANGE, 0.0) if none else (formatting.signed(text, difference > 0), difference)


def _tile(name: str, tile: Tile, figure: Figure, explanation: Element) -> Element:
    return html(
        "Div",
        [
            html("H2", tile.title, className="tile-name"),
            html(
                "Button",
                [icon("info"), html("Span", f"Explain {tile.title.lower()}", className="vh")],
                className="explain-btn",
                type="button",
                popovertarget=f"explain-{name}",
            ),
            html("Div", formatting.figure(figure.value, figure.unit), className="tile-value"),
            _changed(tile, figure),
            html("Div", className="spark", data_spark=name, aria_hidden="true"),
            html("Div", _note(tile, figure), className="tile-note"),
            explanation,
        ],
        className="tile",
        data_tile=name,
        data_anchor=name,
    )


def _changed(tile: Tile, figure: Figure) -> Element:
    text, difference = change(figure, relative=tile.relative)
    counted: list[Child] = (
        [html("Span", f" · n {formatting.count(figure.n)}", className="tile-n")]
        if figure.unit == "seconds"
        else []
    )
    if not difference:
        return html("Div", [text or "no earlier figure", *counted], className="tile-change none")
    tone = {1: " ok", -1: " bad", 0: ""}[tile.better * (1 if difference > 0 else -1)]
    content = [icon("arrow-up" if difference > 0 else "arrow-down"), html("Span", text), *counted]
    return html("Div", content, className=f"tile-change{tone}", title="compared with the previous period")


def _note(tile: Tile, figure: Figure) -> str:
    if figure.value is None:
        return "nothing to count"
    if figure.unit == "seconds":
        return (
            f"median · p90 {formatting.figure(figure.p90, figure.unit)}"
            if figure.p90 is not None
            else "median"
        )
    not_final = f", {formatting.count(figure.immature)} not final" if figure.immature else ""
    return tile.note or f"n {formatting.count(figure.n)}{not_final}"


def _explanation(name: str, tile: Tile, overview: Overview, links: Links) -> Element:
    figure = overview.figures[name]
    return html(
        "Div",
        [
            html(
                "Div",
                [html("H2", f"{tile.title}, explained", id=f"explain-title-{name}"), _close(name)],
                className="explain-head",
            ),
            html("P", _marked(figure.definition), className="explain-text"),
            html("Code", figure.formula, className="explain-formula"),
            html("Dl", _facts(name, figure, overview, links), className="explain-facts"),
            html(
                "Details",
                [html("Summary", "Rules"), html("P", figure.rules, className="explain-text")],
                className="explain-rules",
            ),
            _foot(tile, figure, links),
        ],
        id=f"explain-{name}",
        className="pop explain",
        role="dialog",
        popover="auto",
        aria_labelledby=f"explain-title-{name}",
    )


def _close(name: str) -> Element:
    return html(
        "Button",
        [icon("x"), html("Span", "Close", className="vh")],
        className="close-btn",
        type="button",
        popovertarget=f"explain-{name}",
        popovertargetaction="hide",
    )


def _foot(tile: Tile, figure: Figure, links: Links) -> Child:
    """Build the link to the counted tickets, if there are any."""
    if not figure.n:
        return None
    noun = "ticket" if figure.n == 1 else "tickets"
    content: list[Child] = [f"Open the {formatting.count(figure.n)} {noun}", icon("arrow-right")]
    return html("Div", html("A", content, href=links.of(tile.measure)), className="explain-foot")


def _marked(text: str) -> list[Child]:
    """Make the words between asterisks bold."""
    parts: list[Child] = list(text.split("**"))
    parts[1::2] = [html("B", part) for part in parts[1::2]]
    return [part for part in parts if part]


def _facts(name: str, figure: Figure, overview: Overview, links: Links) -> list[Child]:
    """Build the list of facts: what was counted, what was left out, what can still change, and as of when."""
    left_out = sum(figure.excluded.values())
    of_all = f" of {formatting.count(figure.n + left_out)}" if left_out else ""
    facts: dict[str, Child | list[Child]] = {
        "n": [html("B", formatting.count(figure.n)), f"{of_all} {'ticket' if figure.n == 1 else 'tickets'}"],
        "Excluded": _excluded(figure, links) if left_out else "nothing",
    }
    if figure.immature:
        facts["Not final"] = f"{formatting.count(figure.immature)} of these can still change the value"
    if name == "first_response":
        facts |= _unreplied(overview, links)
    if figure.previous is not None:
        facts["Before"] = formatting.figure(figure.previous, figure.unit)
    facts["Definition"] = f"{name}, version {figure.version}"
    if figure.unit == "seconds":
        facts["Calendar"] = "every hour of every day"
    start, end = overview.filters.start, overview.filters.end
    facts["Period"] = f"{formatting.full_day(start)} {formatting.DASH} {formatting.full_day(end)}"
    if overview.filters.within_teams is not None:
        facts["Covers"] = "tickets that are now in the teams you are in"
    moment = f"{formatting.moment(overview.as_of)} UTC" if overview.lasts else "the end of the period"
    facts["As of"] = f"{moment}, {formatting.age(overview.data_age)}"
    return [part for term, fact in facts.items() for part in (html("Dt", term), html("Dd", fact))]


def _excluded(figure: Figure, links: Links) -> list[Child]:
    """Say how many were left out and why, with links to them."""
    parts: list[Child] = [f"{formatting.count(sum(figure.excluded.values()))}: "]
    for reason, number in figure.excluded.items():
        if number:
            text = f"{formatting.count(number)} {reason}"
            measure = LEFT_OUT.get(reason)
            parts += [html("A", text, href=links.of(measure)) if measure else text, ", "]
    return parts[:-1]


def _unreplied(overview: Overview, links: Links) -> dict[str, list[Child]]:
    """Return how many tickets wait for a first reply: a median of replies looks good while nobody replies."""
    waiting, oldest = overview.figures.get("unreplied"), overview.figures.get("oldest_unreplied")
    if waiting is None or not waiting.value:
        return {}
    when = "now" if overview.lasts else "at the end of the period"
    text = f"{formatting.count(waiting.value)} {when}"
    parts: list[Child] = [html("A", text, href=links.of(Measure.UNREPLIED))]
    if oldest is not None and oldest.value is not None:
        parts.append(f", the oldest {formatting.duration(oldest.value)}")
    return {"Unreplied": parts}
