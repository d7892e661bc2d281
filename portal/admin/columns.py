"""Which columns of a grid a person sees, and how dense its rows are.

Both are kept in cookies that the server reads: the page comes out right at once, columns left out are not
even rendered, and a choice costs no write. The cookie of columns carries the person's id in its name and the
grid's address as its path, so that two people at one browser, and two grids, keep theirs apart.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from flask import current_app, request
from werkzeug.wrappers import Response

YEAR = 365 * 24 * 3600
DENSITY = "density"
COMPACT = "compact"
# With so few columns there is nothing to choose.
FEWEST = 4


class Offer(NamedTuple):
    """One column a person may show or leave out."""

    name: str
    label: str
    shown: bool


def chosen(person: str, offered: Sequence[str], first: Collection[str]) -> set[str]:
    """Read which columns a person wants of those a grid offers; `first` before they ever chose."""
    cookie = request.cookies.get(_cookie(person))
    return set(first) if cookie is None else set(cookie.split(".")) & set(offered)


def keep(response: Response, person: str, path: str, names: Collection[str] | None) -> None:
    """Keep a choice with the browser, None forgets it."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    if names is None:
        response.delete_cookie(_cookie(person), path=path, secure=secure, samesite="Lax", httponly=True)
        return
    value = ".".join(names)
    response.set_cookie(
        _cookie(person), value, max_age=YEAR, path=path, secure=secure, samesite="Lax", httponly=True
    )


def compact() -> bool:
    """Tell whether this browser shows compact rows."""
    return request.cookies.get(DENSITY) == COMPACT


def keep_density(response: Response, density: str) -> None:
    """Keep how dense rows are; the page's script writes this cookie too."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    value = COMPACT if density == COMPACT else "roomy"
    response.set_cookie(DENSITY, value, max_age=YEAR, path="/", secure=secure, samesite="Lax")


def _cookie(person: str) -> str:
    return f"columns-{person}"
