"""Signing in and out: sessions live on the server, answers tell nothing, and nobody is led elsewhere."""

import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models.session import Session
from services.users.identity import SYSTEM
from tests.portal.conftest import PASSWORD, TOKEN
from tests.portal.pages import Page

COOKIE, FORM_COOKIE = "ledgerdesk_session", "ledgerdesk_form"


def token_of(client):
    return client.get_cookie(COOKIE).value


def attempt(client, email="agent@demo.example", password=PASSWORD, **more):
    form = Page(client.get("/login").text).form("/login")
    return client.post("/login", data=form.filled(email=email, password=password, **more))


def test_the_cookie_holds_a_token_and_the_table_its_hash_alone(site):
    client = site.app.test_client()
    attempt(client)
    token = token_of(client)
    stored = [item.serialize() for item in Session.scan()]
    assert token not in repr(stored)
    assert hashlib.sha256(token.encode()).hexdigest() in {item["token_hash"]["S"] for item in stored}


def test_signing_out_ends_the_session_on_the_server(site):
    client = site.app.test_client()
    attempt(client)
    token = token_of(client)
    page = Page(client.get("/desk/tickets/").text)
    assert client.post("/logout", data=page.form("/logout").fields).location == "/login"
    assert client.get_cookie(COOKIE) is None
    client.set_cookie(COOKIE, token)
    assert client.get("/desk/tickets/").status_code == 302


def test_signing_in_again_ends_the_earlier_session(site):
    client = site.app.test_client()
    token = TOKEN.search(client.get("/login").text)[1]
    attempt(client)
    first = token_of(client)
    # The form of another tab, opened before: its token is of the earlier form cookie.
    second = site.app.test_client()
    second.set_cookie(COOKIE, first)
    page = Page(second.get("/desk/tickets/").text)
    assert page.form("/logout").one("csrf_token") != token
    fields = {"csrf_token": page.form("/logout").one("csrf_token")}
    again = second.post("/login", data={**fields, "email": "manager@demo.example", "password": PASSWORD})
    assert again.status_code == 302
    assert token_of(second) != first
    assert client.get("/desk/tickets/").status_code == 302


def test_a_planted_session_cookie_is_not_taken_over(site):
    client = site.app.test_client()
    client.set_cookie(COOKIE, "a" * 43)
    attempt(client)
    assert token_of(client) != "a" * 43


def test_the_form_token_of_before_signing_in_is_worth_nothing_afterwards(site):
    client = site.app.test_client()
    before = TOKEN.search(client.get("/login").text)[1]
    planted = client.get_cookie(FORM_COOKIE).value
    attempt(client)
    form_cookie = client.get_cookie(FORM_COOKIE)
    assert form_cookie is None or form_cookie.value != planted
    client.get("/desk/new")
    assert client.post("/preferences/theme", data={"csrf_token": before, "theme": "dark"}).status_code == 400


def test_the_form_token_does_not_outlive_the_session(site):
    client = site.app.test_client()
    attempt(client)
    page = Page(client.get("/desk/new").text)
    inside = page.form("/logout").one("csrf_token")
    client.post("/logout", data={"csrf_token": inside})
    client.get("/login")
    refused = client.post(
        "/login", data={"csrf_token": inside, "email": "agent@demo.example", "password": PASSWORD}
    )
    assert refused.status_code == 400
    assert client.get_cookie(COOKIE) is None


@pytest.fixture(scope="module")
def suspended(site):
    user = site.services.users.accounts.create(
        actor=SYSTEM,
        now=datetime.now(UTC),
        name="Gone Person",
        email="gone@demo.example",
        role_id="agent",
        password=PASSWORD,
    )
    site.services.users.accounts.update(
        now=datetime.now(UTC),
        actor=SYSTEM,
        user_id=user.user_id,
        expected_version=user.version,
        name=user.name,
        email=user.email,
        role_id=user.role_id,
        active=False,
        team_ids=(),
    )
    return user.email


def test_refusals_are_all_alike(site, suspended):
    def refused(email, password=PASSWORD):
        client = site.app.test_client()
        answer = attempt(client, email, password)
        assert client.get_cookie(COOKIE) is None
        page = Page(answer.text)
        assert page.form("/login").one("email") == email
        return answer.status_code, page.text

    answers = {
        refused("agent@demo.example", "not the password"),
        refused("nobody@demo.example"),
        refused(suspended),
        refused("not an address"),
        refused("agent@demo.example", ""),
        refused("agent@demo.example", "x" * 5000),
    }
    assert len(answers) == 1
    status, text = answers.pop()
    assert status == 400
    assert "Email and password do not match." in text


def test_the_password_never_comes_back(site):
    answer = attempt(site.app.test_client(), password="a secret nobody should read")
    assert "a secret nobody should read" not in answer.text


def test_an_address_is_recognized_however_it_is_written(site):
    assert attempt(site.app.test_client(), " AGENT@Demo.Example ").status_code == 302


def test_a_session_ends_after_its_idle_time(site):
    client = site.app.test_client()
    attempt(client)
    token = token_of(client)
    ask = site.services.users.authentication.actor_for
    assert ask(token=token, now=datetime.now(UTC) + timedelta(hours=11)) is not None
    assert ask(token=token, now=datetime.now(UTC) + timedelta(hours=24)) is None


def test_who_is_signed_in_needs_no_sign_in_page(site):
    assert urlsplit(site.as_("agent").get("/login").location).path == "/desk/tickets/"
    assert site.as_("customer").get("/login").location == "/help/"
    assert site.as_("agent").get("/login?next=/desk/new").location == "/desk/new"


@pytest.mark.parametrize(("role", "home"), [("customer", "/help/"), ("administrator", "/desk/tickets/")])
def test_everybody_is_led_to_their_work(site, role, home):
    assert urlsplit(site.as_(role).get("/").location).path == home


def test_who_was_sent_to_sign_in_comes_back_to_the_same_page(site):
    client = site.app.test_client()
    sent = client.get("/desk/tickets/?status=new&sort=updated_at").location
    form = Page(client.get(sent).text).form("/login")
    answer = client.post("/login", data=form.filled(email="agent@demo.example", password=PASSWORD))
    assert answer.location == "/desk/tickets/?status=new&sort=updated_at"


@pytest.mark.parametrize("theme", ["dark", "light", "system"])
def test_the_theme_is_kept(site, theme):
    assert site.post("agent", "/preferences/theme", theme=theme, next="/desk/new").location == "/desk/new"
    answer = site.as_("agent").get("/desk/new")
    assert f'data-theme="{theme}"' in answer.text


def test_an_unknown_theme_is_refused(site):
    assert site.post("agent", "/preferences/theme", theme="<b>").status_code == 400


DANGEROUS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                "/",
                "\\",
                "//",
                "evil.example",
                ":",
                "@",
                "\t",
                "\n",
                "%2f",
                "http",
                "?",
                "#",
                ".",
                "javascript",
                " ",
                "\x00",
                "\u2028",
                "/desk/new",
                "\ud800",
                "ß",
                "[",
                "]",
            ]
        ),
        max_size=8,
    ).map("".join),
)


@given(target=DANGEROUS)
@example(target="//evil.example")
@example(target="/\\evil.example")
@example(target="/\t/evil.example")
@example(target="http:evil.example")
@example(target="/.//evil.example")
@example(target="https://evil.example/")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_is_led_off_this_site(site, target):
    answer = site.as_("agent").get("/login", query_string={"next": target.encode("utf-8", "surrogatepass")})
    assert answer.status_code == 302
    assert leads_to(answer.location) == "http://desk.example"
    assert not set(answer.location) & set("\\\r\n\t\x00")


def test_the_form_leads_off_this_site_no_more_than_the_address(site):
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"):
        answer = attempt(site.app.test_client(), next=target)
        assert leads_to(answer.location) == "http://desk.example"
        page = attempt(site.app.test_client(), password="wrong", next=target)
        assert Page(page.text).form("/login").one("next") == ""
        theme = site.post("agent", "/preferences/theme", theme="dark", next=target)
        assert leads_to(theme.location) == "http://desk.example"


def leads_to(location: str) -> str:
    """Return the origin a browser would end at, which reads backslashes as slashes and drops tabs."""
    as_read = location.replace("\\", "/").translate({9: None, 10: None, 13: None}).strip()
    parts = urlsplit(urljoin("http://desk.example/login", as_read))
    return f"{parts.scheme}://{parts.netloc}"
