"""What every answer carries, what no page contains, and how cookies are marked."""

import re
from dataclasses import replace

import pytest

from portal.app import create_app
from portal.assets.manifest import Assets
from portal.config.settings import PRODUCTION, Settings
from tests.portal.conftest import PASSWORD, TOKEN
from tests.portal.pages import Page

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
OURS = [
    "/login",
    "/help/",
    "/help/new",
    "/desk/new",
    "/desk/tickets/",
    "/admin/users/",
    "/admin/users/new/",
    "/admin/roles/",
    "/admin/roles/new/",
    "/admin/teams/",
    "/admin/teams/new/",
    "/admin/categories/",
    "/nowhere",
]
REPORTS = ["/reports/"]
ELSEWHERE = ("javascript:", "data:", "http:", "https:", "//")
DIRECTIVE = re.compile(r"([a-z-]+)((?: [^;]+)?)(?:; |$)")


def policy(answer):
    return {
        name: value.split() for name, value in DIRECTIVE.findall(answer.headers["Content-Security-Policy"])
    }


def pages_of_a_ticket(site):
    ticket_id = site.ticket(subject="<script>alert(1)</script>", body="<img src=x onerror=alert(1)>\n{{7*7}}")
    return [f"/desk/tickets/{ticket_id}", f"/help/tickets/{ticket_id}"]


def answers(site):
    """Make an answer of every kind: pages, redirects, JSON, CSV, errors, static files."""
    agent, administrator = site.as_("agent"), site.as_("administrator")
    yield agent.get("/desk/tickets/")
    yield agent.get("/")
    yield agent.get("/healthz")
    yield administrator.get("/desk/tickets/export/csv/")
    yield administrator.get("/reports/")
    yield agent.get("/admin/users/")
    yield agent.get("/nowhere")
    yield agent.get("/nowhere", headers={"Accept": "application/json"})
    yield agent.delete("/desk/new")
    yield agent.post("/desk/new")
    yield agent.post("/desk/new", data=b"x" * 1_000_000)
    yield agent.options("/desk/new")
    yield agent.get("/desk/tickets/?status=wrong")
    yield site.app.test_client().get("/login")
    yield site.app.test_client().get(Assets.load().url("app.css"))
    yield site.app.test_client().get(Assets.load().url("sprite.svg"))


def test_every_kind_of_answer_carries_the_headers(site):
    for answer in answers(site):
        where = f"{answer.request.method} {answer.request.path} {answer.status_code}"
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, where
        assert "Cache-Control" in answer.headers, where
        if answer.mimetype == "text/html":
            assert answer.headers["Cache-Control"] == "no-store", where
            assert "Content-Security-Policy" in answer.headers, where
        assert "werkzeug" not in answer.headers.get("Server", "").lower(), where
        answer.close()


@pytest.mark.parametrize("path", OURS + REPORTS)
def test_the_policy_allows_no_foreign_and_no_inline_script(site, path):
    rules = policy(site.as_("administrator").get(path))
    assert rules["default-src"] == ["'none'"]
    assert rules["base-uri"] == ["'none'"]
    assert rules["frame-ancestors"] == ["'none'"]
    assert rules["form-action"] == ["'self'"]
    allowed = [source for source in rules["script-src"] if not source.startswith(("'nonce-", "'sha256-"))]
    assert allowed == ["'self'"]
    assert not [
        source for rule in rules.values() for source in rule if "unsafe-eval" in source or "*" in source
    ]
    if path in OURS:
        assert rules["style-src"] == ["'self'"]
        assert not [source for source in rules["script-src"] if "sha256" in source]


@pytest.mark.parametrize("path", OURS)
def test_scripts_carry_the_nonce_of_their_answer(site, path):
    seen = set()
    for _ in range(3):
        answer = site.as_("administrator").get(path, follow_redirects=True)
        (nonce,) = [s for s in policy(answer)["script-src"] if s.startswith("'nonce-")]
        seen.add(nonce)
        inline = [script for script in Page(answer.text).scripts if "src" not in script]
        executable = [script for script in inline if script.get("type") != "application/json"]
        assert all(f"'nonce-{script.get('nonce')}'" == nonce for script in executable)
    assert len(seen) == 3
    assert all(len(nonce) > 25 for nonce in seen)


def test_no_page_has_inline_handlers_or_styles(site):
    for path in [*OURS, *pages_of_a_ticket(site)]:
        for tag, has in Page(site.as_("administrator").get(path, follow_redirects=True).text).tags:
            inline = [name for name in has if name.startswith("on") or name == "style"]
            assert not inline, f"{path}: <{tag}> has {inline}"
            assert tag not in ("style", "iframe", "object", "embed", "base"), f"{path}: <{tag}>"
            for name in ("href", "src", "action", "formaction"):
                assert (
                    not has.get(name, "")
                    .strip()
                    .lower()
                    .startswith(("javascript:", "data:", "http:", "https:", "//"))
                )


def test_what_people_write_stays_text(site):
    for path in pages_of_a_ticket(site):
        answer = site.as_("agent").get(path)
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text
        assert "{{7*7}}" in answer.text
        assert "<script>alert(1)</script>" in Page(answer.text).text


def set_cookies(client, path="/login"):
    """Sign in and return the cookies' headers by name, those of signing out too."""
    page = client.get(path, base_url="https://desk.example")
    token = TOKEN.search(page.text)[1]
    fields = {"csrf_token": token, "email": "agent@demo.example", "password": PASSWORD}
    signed_in = client.post("/login", data=fields, base_url="https://desk.example", headers=SAME_SITE)
    inside = TOKEN.search(client.get("/desk/new", base_url="https://desk.example").text)[1]
    out = client.post(
        "/logout", data={"csrf_token": inside}, base_url="https://desk.example", headers=SAME_SITE
    )
    lines = [*page.headers.getlist("Set-Cookie"), *signed_in.headers.getlist("Set-Cookie")]
    cookies = {line.partition("=")[0]: line for line in lines if "Expires=Thu, 01 Jan 1970" not in line}
    return cookies, {line.partition("=")[0]: line for line in out.headers.getlist("Set-Cookie")}


SAME_SITE = {"Referer": "https://desk.example/login"}


def flags(line):
    return {part.strip().partition("=")[0].lower() for part in line.split(";")[1:]}


def test_cookies_in_development(site):
    cookies, _ = set_cookies(site.app.test_client())
    assert set(cookies) == {"ledgerdesk_session", "ledgerdesk_form", "ledgerdesk_device"}
    for line in cookies.values():
        assert {"httponly", "samesite", "path"} <= flags(line)
        assert "SameSite=Lax" in line
        assert "secure" not in flags(line)


def production(site, tmp_path):
    environment = {"ENVIRONMENT": PRODUCTION, "SECRET_KEY": "k" * 48, "DATA_DIR": str(tmp_path)}
    environment["PUBLIC_URL"] = "https://help.example.org"
    settings = replace(Settings.from_env(environment), analytics_dir=tmp_path)
    return create_app(settings, site.services)


def test_cookies_in_production(site, tmp_path):
    client = production(site, tmp_path).test_client()
    cookies, gone = set_cookies(client)
    assert all(name.startswith("__Host-") for name in cookies)
    for line in [*cookies.values(), *gone.values()]:
        assert {"httponly", "secure", "samesite", "path"} <= flags(line), line
        assert "SameSite=Lax" in line
        assert "domain" not in flags(line)
        assert "Path=/" in line
    session = next(name for name in cookies if "session" in name)
    assert "Expires=Thu, 01 Jan 1970" in gone[session]


def test_production_asks_for_tls_from_then_on(site, tmp_path):
    client = production(site, tmp_path).test_client()
    for path in ("/login", "/healthz", "/nowhere", Assets.load().url("app.css")):
        answer = client.get(path)
        assert "max-age=31536000" in answer.headers["Strict-Transport-Security"], path
        answer.close()
    assert "Strict-Transport-Security" not in site.app.test_client().get("/login").headers
