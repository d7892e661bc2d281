"""The filter bar as links: each option links to its page, which can be shared and opened in a new tab."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from analytics_dash.elements import Element, html
from analytics_dash.query import CUSTOM, PERIODS, Choice, encode

Field = Literal["teams", "priorities", "categories"]


def periods(choice: Choice, prefix: str) -> list[Element]:
    """Build the periods as a row of links, with the current one marked."""
    links = [
        _link(
            f"{days} d",
            prefix + encode(replace(choice, period=key)),
            f"period-{key}",
            current=choice.period == key,
        )
        for key, days in PERIODS.items()
    ]
    custom = prefix + encode(replace(choice, period=CUSTOM))
    return [*links, _link("Custom", custom, "period-custom", current=choice.period == CUSTOM)]


def options(choice: Choice, field: Field, pairs: Sequence[tuple[str, str]], prefix: str) -> list[Element]:
    """Build a field's values as check boxes that link to the page with that value added or removed."""
    chosen: tuple[str, ...] = getattr(choice, field)
    items = []
    for key, name in pairs:
        on = key in chosen
        after = tuple(one for one in chosen if one != key) if on else (*chosen, key)
        address = prefix + encode(_with(choice, field, after))
        items.append(
            html(
                "A",
                [html("Span", className="check", aria_hidden="true"), name],
                href=address,
                className="menu-item",
                role="checkbox",
                aria_checked="true" if on else "false",
                data_nav=f"{field}-{key}",
            )
        )
    if chosen:
        items.append(
            _link("Clear", prefix + encode(_with(choice, field, ())), f"{field}-clear", "menu-item clear")
        )
    return items


def summary(chosen: Sequence[str], pairs: Sequence[tuple[str, str]]) -> str:
    """Summarize what is chosen for a chip: "All", the one name, or "2 chosen"."""
    if not chosen:
        return "All"
    return dict(pairs)[chosen[0]] if len(chosen) == 1 else f"{len(chosen)} chosen"


def reset(choice: Choice, prefix: str) -> list[Element]:
    """Build the link that clears the filters, if there are any."""
    return [_link("Clear filters", prefix, "reset", "report-reset")] if choice.narrowed else []


def _with(choice: Choice, field: Field, values: tuple[str, ...]) -> Choice:
    match field:
        case "teams":
            return replace(choice, teams=values)
        case "priorities":
            return replace(choice, priorities=values)
        case "categories":
            return replace(choice, categories=values)


def _link(text: str, address: str, key: str, style: str | None = None, *, current: bool = False) -> Element:
    return html(
        "A", text, href=address, className=style, data_nav=key, aria_current="true" if current else None
    )
