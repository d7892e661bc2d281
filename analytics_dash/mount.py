"""Mounts the dashboard in the portal's Flask app."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dash
from flask import Flask, Response, request

from analytics_dash import callbacks, layout
from analytics_dash.bundles import FOLDER, Bundles
from analytics_dash.ports import Avatar, Clock, GridUrl, RouteGuard, Services, Shell
from analytics_dash.route_guard import Gate, shapes
from analytics_dash.skeleton import SKELETON

PREFIX = "/reports/"
TITLE = "Service overview"
CSRF_COOKIE = "csrf_token"
PRIVATE_CONFIG = ("python_version", "dash_version_url")


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _plain_avatar(_id: str, name: str) -> tuple[str, int]:
    return name[:1].upper(), 0


class LedgerDash(dash.Dash):
    """A Dash app whose page is rendered by the portal's shell."""

    def __init__(self, server: Flask, shell: Shell, bundles: Bundles, script: str | None) -> None:
        self.shell = shell
        self.bundles = bundles
        super().__init__(
            server.name,
            server=server,  # type: ignore[arg-type]  # a Flask app is what its documentation asks for
            url_base_pathname=PREFIX,
            assets_folder=str(Path(__file__).resolve().parent / "assets"),
            assets_ignore=".*" if script else "",
            external_scripts=[script] if script else None,
            title=TITLE,
            update_title=None,  # type: ignore[arg-type]  # documented: None switches it off
            csrf_token_name=CSRF_COOKIE,
            csrf_header_name="X-CSRFToken",
            enable_mcp=False,
            use_pages=False,
            suppress_callback_exceptions=True,  # parts of the page arrive with the first answer
            add_log_handler=False,
        )

    def _config(self) -> dict[str, Any]:
        """Tell the browser nothing about the server's Python, and no address to ask for updates."""
        config: dict[str, Any] = super()._config()  # type: ignore[no-untyped-call]  # Dash has no types here
        return {name: value for name, value in config.items() if name not in PRIVATE_CONFIG}

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]  # called with keywords alone
        """Pass Dash's placeholders to the shell, which has a navigation bar of its own."""
        preload = (
            f'<link rel="preload" as="script" id="plotly-bundle" href="{self.bundles.plotly_url(PREFIX)}">'
        )
        return self.shell(
            {
                "title": TITLE,
                "metas": "",  # Dash's are charset, viewport and one for Internet Explorer; the shell has them
                "css": f"{preload}\n{parts['css']}",
                "config": parts["config"],
                "scripts": parts["scripts"],
                "app_entry": f'<div id="react-entry-point">{SKELETON}</div>',
                "renderer": parts["renderer"],
            }
        )


def mount(
    server: Flask,
    services: Services,
    *,
    guard: RouteGuard,
    shell: Shell,
    grid_url: GridUrl,
    avatar: Avatar = _plain_avatar,
    csrf_token: Callable[[], str] | None = None,
    bundles: Path | None = FOLDER,
    script: str | None = None,
    now: Clock = _utc_now,
    zone: str = "UTC",
) -> dash.Dash:
    """Mount the service overview at /reports/ and return the app; its csp_hashes() belong in the policy.

    `guard` returns the actor, or raises or returns a redirect, for every path under the prefix. `shell` renders
    the portal's page around Dash's placeholders. `csrf_token` creates the token that scripts send back in
    X-CSRFToken; without it the portal sets the cookie itself. `grid_url` and `avatar`: see ports. `bundles`
    is a folder written by bundles.build(); without one Dash serves its own files. `script` is the URL of a
    built assets/overview.js; without one Dash serves the source. `zone` is the IANA time zone of the days.
    """
    ready = Bundles.load(bundles)
    gate = Gate(PREFIX, guard, ready)
    gate.install(server)
    app = LedgerDash(server, shell, ready, script)
    zone = callbacks.check_zone(zone)
    app.layout = layout.page(zone)
    callbacks.register(app, services, prefix=PREFIX, grid_url=grid_url, avatar=avatar, now=now, zone=zone)
    gate.open_for(shapes(app.callback_map), app.registered_paths)
    if csrf_token is not None:
        server.after_request(_csrf_cookie(csrf_token))
    return app


def _csrf_cookie(make: Callable[[], str]) -> Callable[[Response], Response]:
    def add(response: Response) -> Response:
        if request.path == PREFIX and response.status_code == 200:
            response.set_cookie(
                CSRF_COOKIE, make(), path=PREFIX, secure=request.is_secure, samesite="Strict", httponly=False
            )
        return response

    return add
