"""Every route says who may call it, and turns strangers away before anything else happens."""

import inspect
import runpy
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from dynamodb_client import disconnect
from local.settings import ROOT
from portal.web.guards import guard_of

# What anybody may call. A new name here is a decision, made in a review.
# The description of the API says the same to everybody, and generators of clients read it without a token.
# The style page shows samples alone; like the mailbox it is not there in production.
PUBLIC = {
    "auth.front", "auth.login", "auth.sign_in", "auth.finish",
    "auth.send_code_link", "auth.look_at_code_link", "auth.finish_with_link", "style.lookup",
    "health.alive", "health.ready", "admin.index",
    "registration.form", "registration.ask", "registration.choose", "registration.register",
    "addresses.look", "addresses.confirm",
    "account.forgot", "account.ask", "account.choose", "account.set_password",
    "api_docs.openapi", "style.page", "mailbox.index", "mailbox.message", "sign_on.leave", "sign_on.come_back",
}  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Run wsgi.py; nothing answers for DynamoDB, so that a read before a guard shows as a 5xx."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_DIR", str(tmp_path_factory.mktemp("data")))
        patch.setenv("DYNAMODB_ENDPOINT", "http://127.0.0.1:9")
        app: Flask = runpy.run_path(str(ROOT / "wsgi.py"))["app"]
    app.config["WTF_CSRF_ENABLED"] = False  # a missing token must not hide a missing guard
    yield app
    disconnect()


def place_of(view: Any) -> str:
    """Return file and name of a view, for the message."""
    inner = inspect.unwrap(view)
    return f"{inspect.getsourcefile(inner)}: {inner.__qualname__}"


def test_every_route_declares_its_guard(app):
    unguarded = [
        f"{rule.rule} in {place_of(app.view_functions[rule.endpoint])}"
        for rule in app.url_map.iter_rules()
        if guard_of(app, rule.endpoint) is None
    ]
    assert not unguarded, "routes without a guard:\n" + "\n".join(unguarded)


def test_strangers_are_turned_away(app):
    let_in = [
        f"{method} {rule.rule}: {answer} in {place_of(app.view_functions[rule.endpoint])}"
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in PUBLIC
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if (answer := answer_to_stranger(app, rule, method)) not in {"401", "302 /login"}
    ]
    assert not let_in, "routes that answered a stranger:\n" + "\n".join(let_in)


def test_the_public_routes_are_the_ones_decided_on(app):
    assert {name for name in app.view_functions if guard_of(app, name) == "public"} == PUBLIC


def answer_to_stranger(app: Flask, rule: Rule, method: str) -> str:
    """Call a rule without signing in, with plausible arguments; return status and where it leads."""
    values = dict.fromkeys(rule.arguments, "1")
    address = app.url_map.bind("localhost").build(rule.endpoint, values, append_unknown=False)
    answer = app.test_client().open(address, method=method)
    return f"{answer.status_code} {(answer.location or '').partition('?')[0]}".strip()
