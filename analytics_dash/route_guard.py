"""The gate for every path under the dashboard's prefix: who may use it, and which requests are valid."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from dash.fingerprint import check_fingerprint
from flask import Flask, g, request
from werkzeug.exceptions import BadRequest, NotFound, RequestEntityTooLarge, Unauthorized
from werkzeug.wrappers import Response

from analytics_dash.bundles import FOREVER, Bundles
from analytics_dash.ports import RouteGuard

LARGEST_CALL = 64 * 1024
LONGEST_TEXT = 16 * 1024
CALL = "_dash-update-component"
PAGES = ("", "_dash-layout", "_dash-dependencies", CALL)
FOLDERS = ("_dash-component-suites/", "assets/")

Pair = tuple[str, str]  # a component's id and one of its properties
Shapes = Mapping[str, tuple[Sequence[Pair], Sequence[Pair]]]


class Gate:
    """Calls the guard first, then refuses what the app never sends, then serves prebuilt bundles."""

    def __init__(self, prefix: str, guard: RouteGuard, bundles: Bundles) -> None:
        self.prefix = prefix
        self.guard = guard
        self.bundles = bundles
        self.shapes: Shapes = {}
        self.registered: Mapping[str, Container[str]] = {}

    def install(self, server: Flask) -> None:
        """Register before any of the app's own handlers, so that nothing runs before the guard."""
        server.before_request(self.enter)
        server.after_request(self.leave)

    def open_for(self, shapes: Shapes, registered: Mapping[str, Container[str]]) -> None:
        """Set the app's callbacks and its registered bundles (by package, filled in while it starts)."""
        self.shapes = shapes
        self.registered = registered

    def enter(self) -> Any:
        """Let a request pass (None) or respond to it: a redirect, an error or a precompressed bundle."""
        if request.path != self.prefix.rstrip("/") and not request.path.startswith(self.prefix):
            return None
        outcome = self.guard()
        if isinstance(outcome, Response):
            # A script cannot follow a redirect to a login page; 401 makes the page reload itself.
            if request.path != self.prefix and outcome.status_code in range(300, 400):
                raise Unauthorized("Sign in again.")
            return outcome
        g.report_actor = outcome
        inner = request.path.removeprefix(self.prefix.rstrip("/")).removeprefix("/")
        if inner not in PAGES and not inner.startswith(FOLDERS):
            # Dash would respond to any other path with the page itself.
            raise NotFound
        if inner == CALL and request.method == "POST":
            self.check_call()
        if inner.startswith(FOLDERS[0]):
            return self.bundle(inner.removeprefix(FOLDERS[0]))
        return None

    def leave(self, response: Response) -> Response:
        """Let browsers cache our own scripts, whose URLs contain their modification time."""
        if (
            request.path.startswith(f"{self.prefix}assets/")
            and "m" in request.args
            and response.status_code == 200
        ):
            response.headers["Cache-Control"] = FOREVER
        return response

    def bundle(self, path: str) -> Response | None:
        """Respond with a prebuilt bundle, or leave one of Dash's registered files to Dash."""
        if (answer := self.bundles.answer(path, request)) is not None:
            return answer
        package, _, file = check_fingerprint(path)[0].partition("/")
        if package not in self.registered or file not in self.registered[package]:
            raise NotFound
        return None

    def check_call(self) -> None:
        """Refuse a callback request that does not have exactly the shape that this app's page sends."""
        if (request.content_length or 0) > LARGEST_CALL:
            raise RequestEntityTooLarge
        try:
            body = request.get_json(silent=True)
        except RecursionError:  # thousands of nested brackets
            body = None
        if not isinstance(body, dict):
            raise BadRequest("The request is not a JSON object.")
        output = body.get("output")
        if not isinstance(output, str) or (shape := self.shapes.get(output)) is None:
            raise BadRequest("The request names no known output.")
        inputs, outputs = shape
        changed = body.get("changedPropIds", [])
        if not (
            _matches(body.get("inputs"), inputs, values=True)
            and _matches(body.get("outputs"), outputs, values=False)
            and body.get("state", []) == []
            and isinstance(changed, list)
            and all(isinstance(name, str) for name in changed)
        ):
            raise BadRequest("The request does not match the page.")


def shapes(callback_map: Mapping[str, Any]) -> Shapes:
    """Return, for each server callback, the (id, property) pairs of its inputs and of its outputs."""
    return {
        output: (
            [(one["id"], one["property"]) for one in entry["inputs"]],
            [_split(part) for part in output.strip(".").split("...")],
        )
        for output, entry in callback_map.items()
        if "callback" in entry
    }


def _split(name: str) -> Pair:
    left, _, right = name.rpartition(".")
    return left, right


def _matches(sent: object, expected: Sequence[Pair], *, values: bool) -> bool:
    if not isinstance(sent, list) or len(sent) != len(expected):
        return False
    return all(
        isinstance(one, dict)
        and (one.get("id"), one.get("property")) == pair
        and (not values or _plain(one.get("value")))
        for one, pair in zip(sent, expected, strict=True)
    )


def _plain(value: object) -> bool:
    """Tell whether a value is one that the page can send: null, a number or a text of limited length."""
    return (
        value is None
        or isinstance(value, int | float)
        or (isinstance(value, str) and len(value) <= LONGEST_TEXT)
    )
