"""Signing in with a certified provider, by HTTP: there and back, and every way in which it can fail."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from dynamodb_client import ConnectionOptions
from models import user as user_table
from tests.portal.conftest import Site, build
from tests.portal.pages import Page
from tests.provider.certified import SECRET, Certified, certified

COOKIE, NOTE = "ledgerdesk_session", "ledgerdesk_sign_on"
BACK = "http://127.0.0.1/login/from/corp"


@pytest.fixture(scope="module")
def corp() -> Iterator[Certified]:
    with certified(BACK) as running:
        yield running


@pytest.fixture(scope="module")
def site(
    tables: ConnectionOptions, tmp_path_factory: pytest.TempPathFactory, corp: Certified
) -> Iterator[Site]:
    """Build the application with the certified provider and one that is down."""
    down = replace(corp.provider(), id="down", label="Down <b>", issuer="http://127.0.0.1:9")
    built = build(tables, tmp_path_factory.mktemp("site"), (corp.provider(), down))
    yield built
    built.services.reporting.analytics.close()


def leave(client, path="/login/with/corp", **more):
    answer = client.get(path, **more)
    assert answer.status_code == 302, answer.text
    return answer.location


def path_of(url):
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def not_signed_in(client, answer):
    assert client.get_cookie(COOKIE) is None
    assert client.get("/desk/new").status_code == 302
    page = Page(answer.text)
    assert "You are not signed in" in page.text
    assert "/login" in page.links
    return answer.status_code


def test_there_and_back(site, corp):
    client = site.app.test_client()
    page = Page(client.get("/login?next=/desk/new").text)
    (way,) = [link for link in page.links if link.startswith("/login/with/corp")]
    assert "Continue with Corp" in page.text
    url = leave(client, way)
    assert url.startswith(f"{corp.issuer}/")
    with capture_logs() as logs:
        answer = client.get(path_of(corp.sign_in(url, "ada")))
    assert (answer.status_code, answer.location) == (302, "/desk/new")
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/desk/new").status_code == 200
    assert client.get_cookie(NOTE) is None
    item = user_table.find_by_email("ada@corp.example")
    assert (item.name, item.role_id, item.identities) == ("Ada Corp", "agent", ["corp|ada"])
    assert [line["event"] for line in logs] == ["user_signed_in"]
    account = Page(client.get("/account/").text)
    assert "have no password here." in account.text
    assert not [form for form in account.forms if form.action == "/account/password"]
    assert "/login/with/corp" not in client.get("/").location, "who is signed in goes on"
    assert client.get("/login/with/corp?next=/desk/new").location == "/desk/new"


def test_the_note_is_for_this_browser_alone(site, corp):
    mine, theirs = site.app.test_client(), site.app.test_client()
    url = leave(mine)
    (set_cookie,) = [c for c in leave_headers(theirs) if c.startswith(NOTE)]
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie
    back = path_of(corp.sign_in(url, "ada"))
    assert not_signed_in(theirs, theirs.get(back)) == 400
    assert mine.get(back).status_code == 302


def leave_headers(client):
    return client.get("/login/with/corp").headers.getlist("Set-Cookie")


def test_a_code_works_once(site, corp):
    client = site.app.test_client()
    url = leave(client)
    note = client.get_cookie(NOTE).value
    back = path_of(corp.sign_in(url, "ada"))
    assert client.get(back).status_code == 302
    again = site.app.test_client()
    again.set_cookie(NOTE, note)
    assert not_signed_in(again, again.get(back)) == 400


def test_where_a_provider_sends_people_back_is_not_up_to_a_request(site):
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    url = leave(site.app.test_client(), headers=evil)
    assert parse_qs(urlsplit(url).query)["redirect_uri"] == [BACK]


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_nobody_is_led_elsewhere_afterwards(site, corp, target):
    client = site.app.test_client()
    url = leave(client, f"/login/with/corp?next={target}")
    assert client.get(path_of(corp.sign_in(url, "ada"))).location == "/"


def test_who_must_prove_it_signs_in_at_the_provider_again(site, corp):
    client = site.app.test_client()
    client.get(path_of(corp.sign_in(leave(client), "ada")))
    form = Page(client.get("/account/prove?next=/desk/new").text).form("/account/prove/sign-in")
    login = client.post("/account/prove/sign-in", data=form.fields).location
    (way,) = [link for link in Page(client.get(login).text).links if link.startswith("/login/with/corp")]
    url = leave(client, way)
    assert parse_qs(urlsplit(url).query)["max_age"] == ["0"]
    assert client.get(path_of(corp.sign_in(url, "ada"))).location == "/desk/new"


def test_another_session_of_the_browser_ends(site, corp):
    client = site.app.test_client()
    old = site.services.users.sessions.start(user_id=site.users["agent"], now=datetime.now(UTC))
    url = leave(client)
    client.set_cookie(COOKIE, old)
    client.get(path_of(corp.sign_in(url, "ada")))
    assert client.get_cookie(COOKIE).value != old
    assert site.services.users.authentication.actor_for(token=old, now=datetime.now(UTC)) is None


@pytest.mark.parametrize(("who", "status"), [("eve", 403), ("", 400)], ids=["unverified", "stopped"])
def test_who_is_refused_or_stops_sees_why(site, corp, who, status):
    client = site.app.test_client()
    back = path_of(corp.sign_in(leave(client), who))
    with capture_logs() as logs:
        assert not_signed_in(client, client.get(back)) == status
    assert user_table.find_by_email("eve@corp.example") is None
    (entry,) = logs
    assert entry["event"] == "sign_on_failed"
    written = repr(entry)
    brought = [value for values in parse_qs(urlsplit(back).query).values() for value in values]
    assert not [secret for secret in (*brought, SECRET, "eve@", "Eve") if secret in written]


def test_a_provider_that_is_down(site):
    client = site.app.test_client()
    answer = client.get("/login/with/down")
    assert not_signed_in(client, answer) == 503
    assert "Down &lt;b&gt; is not responding" in answer.text


@pytest.mark.parametrize("path", ["/login/with/nobody", "/login/from/nobody", "/login/with/corp%00"])
def test_an_unknown_provider_is_not_there(site, path):
    assert site.app.test_client().get(path).status_code == 404


@pytest.mark.parametrize("path", ["/login/with/corp", "/login/from/corp"])
def test_nothing_is_started_by_a_post(site, path):
    token = site.token("agent")
    assert site.as_("agent").post(path, data={"csrf_token": token}).status_code == 405
