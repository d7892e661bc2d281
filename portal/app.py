"""Putting the web application together."""

from typing import Any
from wsgiref.headers import Headers

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from portal import admin, api, auth, customer, desk
from portal.assets.manifest import BUILD, Assets
from portal.assets.template_minifier import TemplateMinifier
from portal.cli import flask_alias
from portal.config.settings import Settings
from portal.dev import mailbox
from portal.ui import components, formatting, jump, lookup, navigation, style_page
from portal.web import error_pages, guards, headers, health, identity, logs, own_changes, sign_in_gate
from portal.web.client_address import ClientAddress
from portal.web.csrf import MaskedCsrfProtection
from portal.web.flask_app import Portal
from portal.web.limits import MAX_REQUEST
from services.bootstrap import Services


class CarefulJson(DefaultJSONProvider):
    """Reads JSON as Flask does, and refuses what is nested too deeply or names a field twice, like what is no JSON."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Read a value; raises ValueError."""
        try:
            return super().loads(s, object_pairs_hook=_once_each, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is there twice")
    return fields


def create_app(settings: Settings, services: Services) -> Flask:
    """Build the web application around services that are wired already; reads and opens nothing."""
    logs.init_logs()
    app = Portal(__name__, static_folder=None)
    app.json = CarefulJson(app)
    app.jinja_env.add_extension(TemplateMinifier)
    _configure(app, settings)
    app.extensions["services"] = services
    app.extensions["settings"] = settings
    assets = _serve_assets(app, secure=settings.secure_cookies)
    _log_requests(app, settings)
    error_pages.init_app(app)
    own_changes.init_app(app)
    auth.init_app(app)
    guards.init_app(app)
    sign_in_gate.init_app(app)
    headers.init_app(app, secure=settings.secure_cookies)
    formatting.init_app(app, time_zone=settings.time_zone)
    components.init_app(app, time_zone=settings.time_zone, asset=assets.url)
    # Programs prove themselves by a token in a header, which no foreign page can make a browser send.
    MaskedCsrfProtection(app).exempt(api.bp)
    Compress(app)
    identity.init_app(app)
    navigation.init_app(app)
    ways_in = (auth.bp, auth.account, auth.addresses, auth.registration, auth.proof, auth.sign_on)
    for blueprint in (
        *ways_in,
        auth.tokens,
        customer.bp,
        desk.bp,
        jump.bp,
        lookup.bp,
        health.bp,
        api.bp,
        api.docs_bp,
    ):
        app.register_blueprint(blueprint)
    if not settings.is_production:
        app.register_blueprint(style_page.bp)
        app.register_blueprint(mailbox.bp)
    admin.init_app(app)
    flask_alias.init_app(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.older_secret_keys),
        # Flask-WTF knows no fallbacks, but its signer takes a list, of which the last key signs.
        WTF_CSRF_SECRET_KEY=[*reversed(settings.older_secret_keys), settings.secret_key],
        SESSION_COOKIE_NAME="__Host-form" if settings.secure_cookies else "ledgerdesk_form",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=MAX_REQUEST,
        MAX_FORM_MEMORY_SIZE=MAX_REQUEST,
        MAX_FORM_PARTS=500,
        # Level 1 takes most of the size for a fraction of a millisecond; more costs more than it saves.
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=1,
        COMPRESS_LEVEL=1,
        COMPRESS_MIMETYPES=["text/html", "application/json", "application/problem+json"],
        COMPRESS_STREAMS=False,
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,  # portal/api/conditional.py does
    )
    addressed = ClientAddress(app.wsgi_app)
    app.wsgi_app = (  # type: ignore[method-assign]  # how Flask is wrapped
        ProxyFix(addressed, x_for=settings.proxies, x_proto=settings.proxies)
        if settings.proxies
        else addressed
    )


def _serve_assets(app: Flask, *, secure: bool) -> Assets:
    assets, everywhere = Assets.load(), headers.always(secure=secure)
    app.extensions["assets"] = assets
    app.jinja_env.globals.update(asset=assets.url, asset_modules=assets.preloads)

    def add_headers(headers: Headers, _path: str, _url: str) -> None:
        for name, value in everywhere.items():
            headers[name] = value

    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]  # how Flask is wrapped
        app.wsgi_app,
        root=BUILD,
        prefix=assets.prefix,
        immutable_file_test=assets.immutable,
        add_headers_function=add_headers,
    )
    return assets


def _log_requests(app: Flask, settings: Settings) -> None:
    """Wrap everything else, so that whatever is logged for a request carries its id."""
    app.wsgi_app = logs.RequestLog(  # type: ignore[method-assign]  # how Flask is wrapped
        app.wsgi_app, trusting=settings.proxies > 0, writing=settings.is_production
    )
