"""What a view of tickets says when it holds none: what is empty, why, and where to go next."""

from typing import NamedTuple

from portal.ui import navigation
from services.users.identity import Actor


class Nothing(NamedTuple):
    """An empty view in words; links are (label, address)."""

    title: str
    text: str
    links: tuple[tuple[str, str], ...]


# By the navigation's label: title, text, and the views to go to from there.
VIEWS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "My work": (
        "Nothing is waiting for you",
        "Tickets appear here when they are assigned to you, until they are solved.",
        ("Unassigned", "All unsolved"),
    ),
    "Unassigned": (
        "No unassigned tickets",
        "Unsolved tickets without an assignee appear here.",
        ("All unsolved", "My work"),
    ),
    "All unsolved": (
        "No unsolved tickets",
        "New tickets appear here until they are solved.",
        ("Solved and closed",),
    ),
    "Solved and closed": (
        "No solved tickets yet",
        "Tickets appear here when they are solved.",
        ("All unsolved", "My work"),
    ),
}


def nothing_in_view(who: Actor) -> Nothing | None:
    """Describe the navigation's view that the address is, None for a list filtered by hand."""
    items = [item for group in navigation.groups(who) for item in group["items"]]
    here = navigation.present(who)
    if here is None:
        return None
    next_ones: tuple[str, ...]
    if here.get("swatch"):
        label = here["label"]
        title, next_ones = f"No unsolved tickets in {label}", ("All unsolved", "Unassigned")
        text = f"Tickets of {label} appear here until they are solved."
    elif here["label"] in VIEWS:
        title, text, next_ones = VIEWS[here["label"]]
    else:
        return None
    by_label = {item["label"]: item for item in items}
    return Nothing(title, text, tuple(_link(by_label[name]) for name in next_ones if name in by_label))


def _link(item: navigation.Item) -> tuple[str, str]:
    """Name a view as the navigation does, with its count where that is known."""
    count = item.get("count")
    return f"{item['label']}, {count:,}" if count is not None else str(item["label"]), str(item["url"])
