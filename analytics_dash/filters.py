"""The filter bar as links: each option links to its page, which can be shared and opened in a new tab."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from analytics_dash.elements import Child, Element, html
from analytics_dash.query import CUSTOM, PERIOD, PERIODS, Choice, encode

Field = Literal["teams", "priorities", "categories"]
PARAMETERS: dict[Field, str] = {"teams": "team", "priorities": "priority", "categories": "category"}
FEW = 8  # more options than that can be searched


def periods(choice: Choice, prefix: str) -> list[Element]:
    """Build the periods as a row of links, with the current one marked."""
    links = []
    for key, number in PERIODS.items():
        address = prefix + encode(replace(choice, period=key))
        change = f"from=&to=&period={key if key != PERIOD else ''}"
        links.append(_link(f"{number} d", address, f"period-{key}", change, current=choice.period == key))
    address = prefix + encode(replace(choice, period=CUSTOM))
    change = f"period=&from={choice.start.isoformat()}&to={choice.end.isoformat()}"
    return [*links, _link("Custom", address, "period-custom", change, current=choice.period == CUSTOM)]


def days(choice: Choice) -> list[Child]:
    """Build the fields for the first and the last day of a period."""
    return [
        _day("from", "From", choice.start.isoformat()),
        html("Span", "\N{EN DASH}", aria_hidden="true"),
        _day("to", "To", choice.end.isoformat()),
    ]


def _day(name: str, label: str, value: str) -> Element:
    # The browser's own date field saves a picker of 100 KB.
    field = html("Input", [], id=name, type="date", value=value)
    return html("Label", [html("Span", label, className="vh"), field], htmlFor=name)


def options(choice: Choice, field: Field, pairs: Sequence[tuple[str, str]], prefix: str) -> list[Element]:
    """Build a field's values as check boxes that link to the page with that value added or removed."""
    chosen: tuple[str, ...] = getattr(choice, field)
    items: list[Element] = []
    if len(pairs) > FEW:
        label = f"Search {field}"
        items.append(
            html(
                "Input",
                [],
                type="search",
                className="input choice-search",
                placeholder=label,
                aria_label=label,
            )
        )
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
                data_toggle=f"{PARAMETERS[field]}={key}",
            )
        )
    if chosen:
        address = prefix + encode(_with(choice, field, ()))
        items.append(_link("Clear", address, f"{field}-clear", f"{PARAMETERS[field]}=", "menu-item clear"))
    return items


def summary(chosen: Sequence[str], pairs: Sequence[tuple[str, str]]) -> str:
    """Summarize what is chosen for a chip: "All", the one name, or "2 chosen"."""
    if not chosen:
        return "All"
    return dict(pairs)[chosen[0]] if len(chosen) == 1 else f"{len(chosen)} chosen"


def reset(choice: Choice, prefix: str) -> list[Element]:
    """Build the link that clears the filters, if there are any."""
    if not choice.narrowed:
        return []
    change = "&".join(f"{name}=" for name in ("period", "from", "to", *PARAMETERS.values()))
    return [_link("Clear filters", prefix, "reset", change, "report-reset")]


def _with(choice: Choice, field: Field, values: tuple[str, ...]) -> Choice:
    match field:
        case "teams":
            return replace(choice, teams=values)
        case "priorities":
            return replace(choice, priorities=values)
        case "categories":
            return replace(choice, categories=values)


def _link(
    text: str, address: str, key: str, change: str, style: str | None = None, *, current: bool = False
) -> Element:
    """Build a link; the browser applies `change` to the address as it is when somebody follows it."""
    return html(
        "A",
        text,
        href=address,
        className=style,
        data_nav=key,
        data_change=change,
        aria_current="true" if current else None,
    )
