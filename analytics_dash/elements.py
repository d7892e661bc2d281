"""Builds Dash components as plain dicts: what the browser gets anyway, without objects in between."""

from typing import Any

Element = dict[str, Any]
Child = Element | str | None


def html(tag: str, children: Child | list[Child] = None, **props: Any) -> Element:
    """Build an html component such as html("P", "text", className="meta"), without props that are None."""
    set_props = {name.replace("_", "-"): value for name, value in props.items() if value is not None}
    if children is not None:
        set_props["children"] = children
    return {"type": tag, "namespace": "dash_html_components", "props": set_props}


def icon(name: str) -> Element:
    """Build the placeholder of an icon, which the script fills with the sprite's symbol."""
    return html("Span", className="ico", data_icon=name, aria_hidden="true")
