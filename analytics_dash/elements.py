"""Write Dash components as plain dicts: what the browser gets anyway, without building objects first."""

from typing import Any

Element = dict[str, Any]
Child = Element | str | None


def html(tag: str, children: Child | list[Child] = None, **props: Any) -> Element:
    """Write an html component such as html("P", "text", className="meta"); None props are left out."""
    kept = {name.replace("_", "-"): value for name, value in props.items() if value is not None}
    if children is not None:
        kept["children"] = children
    return {"type": tag, "namespace": "dash_html_components", "props": kept}


def icon(name: str) -> Element:
    """Write the place of an icon; the script puts the sprite's symbol there."""
    return html("Span", className="ico", data_icon=name, aria_hidden="true")
