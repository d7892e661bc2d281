"""One's own account on pages: the way back in by mail, devices, password, second factor; and the trail."""

import re
from datetime import UTC, datetime

import pyotp
import pytest

from portal.app import create_app
from portal.config.settings import Settings
from portal.ui import user_agents
from services.users.identity import SYSTEM
from tests.portal.conftest import PASSWORD, TOKEN
from tests.portal.test_signing_in import attempt

ANOTHER = "violet tractor under snowfall"
LINK = re.compile(r"/account/reset/[\w.\-]+")
NONCE = re.compile(r'nonce="[^"]+"')
KEY = re.compile(r"<code>([A-Z2-7 ]+)</code>")
ENCRYPTED = re.compile(r'name="token" value="([^"]+)"')


@pytest.fixture
def person(site):
    """Somebody of their own for each test, with a browser that is signed in."""
    number = len(site.users)
    email = f"person{number}@demo.example"
    user = site.services.users.accounts.create(
        actor=SYSTEM,
        now=datetime.now(UTC),
        name=f"Person {number}",
        email=email,
        role_id="agent",
        password=PASSWORD,
    )
    site.users[email] = user.user_id
    client = site.app.test_client()
    assert attempt(client, email).status_code == 302
    return client, email


def post(client, path, page, **fields):
    token = TOKEN.search(client.get(page).text)[1]
    return client.post(path, data={"csrf_token": token, **fields})


def messages(site, email):
    """Deliver what is due and read it in the mailbox, as a developer does."""
    while site.services.outbox.deliver_due(now=datetime.now(UTC)):
        pass
    client = site.app.test_client()
    ids = re.findall(r'href="(/mailbox/\w+)"', client.get("/mailbox/").text)
    pages = [client.get(path).text for path in ids]
    return [page for page in pages if f"to {email}" in page]


def test_a_forgotten_password(site, person):
    client, email = person
    stranger = site.app.test_client()
    answer = post(stranger, "/forgot", "/forgot", email=email)
    assert "we have sent it an email" in answer.text
    unknown = post(stranger, "/forgot", "/forgot", email="nobody@demo.example")
    assert NONCE.sub("", unknown.text) == NONCE.sub("", answer.text)
    (link,) = [match[0] for message in messages(site, email) if (match := LINK.search(message))]
    refused = post(stranger, link, link, password="password1234")
    assert refused.status_code == 400
    assert "easy to guess" in refused.text
    done = post(stranger, link, link, password=ANOTHER)
    assert done.status_code == 302
    assert client.get("/desk/tickets/").status_code == 302, "the sessions there were have ended"
    assert attempt(site.app.test_client(), email, ANOTHER).status_code == 302
    spent = stranger.get(link)
    assert spent.status_code == 400
    assert "has been used" in spent.text


def test_devices_are_listed_and_signed_out(site, person):
    client, email = person
    other = site.app.test_client()
    other.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"
    attempt(other, email)
    page = client.get("/account/").text
    assert "Firefox on Linux" in page
    assert "This browser" in page
    assert len(re.findall(r'name="session" value="[0-9a-f]{64}"', page)) == 2
    post(client, "/account/devices/end", "/account/", session="others")
    assert other.get("/desk/tickets/").status_code == 302
    assert client.get("/desk/tickets/").status_code == 200


def test_nobody_ends_the_session_of_another(site, person):
    client, _ = person
    victim = site.services.users.sessions.of_user(user_id=site.users["administrator"], now=datetime.now(UTC))[
        0
    ]
    post(client, "/account/devices/end", "/account/", session=victim.id)
    assert site.as_("administrator").get("/admin/users/").status_code == 200


def test_changing_the_password(site, person):
    client, email = person
    wrong = post(client, "/account/password", "/account/", current=ANOTHER, password=ANOTHER)
    assert wrong.status_code == 400
    assert "This is not your password." in wrong.text
    done = post(client, "/account/password", "/account/", current=PASSWORD, password=ANOTHER)
    assert done.status_code == 302
    assert client.get("/account/").status_code == 200
    assert attempt(site.app.test_client(), email, ANOTHER).status_code == 302


def test_the_second_factor_from_the_first_code_to_the_last(site, person):
    client, email = person
    page = client.get("/account/second-factor").text
    totp = pyotp.TOTP(KEY.search(page)[1].replace(" ", ""))
    fields = {"token": ENCRYPTED.search(page)[1], "csrf_token": TOKEN.search(page)[1]}
    wrong = client.post("/account/second-factor", data={**fields, "code": "000000"})
    assert wrong.status_code == 400
    assert KEY.search(wrong.text)[1].replace(" ", "") == totp.secret, "who mistypes need not scan again"
    fields["token"] = ENCRYPTED.search(wrong.text)[1]
    right = {**fields, "code": totp.now()}
    page = client.post("/account/second-factor", data=right)
    codes = re.findall(r"<li><code>([\w-]+)</code>", page.text)
    assert len(codes) == 10
    again = client.post("/account/second-factor", data=right)
    assert (again.status_code, again.location) == (302, "/account/"), "loading the page again voids no code"
    assert "Its recovery codes are not shown again." in client.get("/account/").text
    browser = site.app.test_client()
    asked = attempt(browser, email)
    assert (asked.status_code, asked.mimetype) == (200, "text/html")
    assert "Enter your code" in asked.text
    assert browser.get("/desk/tickets/").status_code == 302
    step = {
        "token": ENCRYPTED.search(asked.text)[1],
        "csrf_token": TOKEN.search(asked.text)[1],
        "email": email,
    }
    assert browser.post("/login/code", data={**step, "code": "000000"}).status_code == 400
    assert browser.post("/login/code", data={**step, "code": codes[0]}).status_code == 302
    assert browser.get("/desk/tickets/").status_code == 200
    post(client, "/account/second-factor/off", "/account/")
    assert attempt(site.app.test_client(), email).status_code == 302


def test_too_many_wrong_passwords_have_to_wait(site, person):
    _, email = person
    browser = site.app.test_client()
    for _ in range(5):
        assert attempt(browser, email, "wrong").status_code == 400
    answer = attempt(browser, email)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Too many attempts" in answer.text


def test_the_audit_log_tells_who_did_what(site):
    site.services.users.accounts.create(
        actor=site.actor("administrator"), now=datetime.now(UTC), name="Traced Tess",
        email="tess@demo.example",
        role_id="agent", password=PASSWORD,
    )  # fmt: skip
    page = site.as_("administrator").get("/admin/audit-log/").text
    assert "added a user" in page
    assert "Traced Tess" in page
    assert PASSWORD not in page
    exported = site.as_("administrator").get("/admin/audit-log/export/csv/").text
    assert "user.created" in exported
    for path in ("/admin/audit-log/new/", "/admin/audit-log/edit/?id=x"):
        assert site.as_("administrator").get(path).status_code in (302, 403, 404)


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "192.0.2.9"), (2, "198.51.100.3")])
def test_the_address_is_the_one_the_trusted_proxies_tell(site, person, proxies, address):
    _, email = person
    behind = create_app(Settings(secret_key="s" * 48, proxies=proxies), site.services)
    client = behind.test_client()
    client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.66, 198.51.100.3, 192.0.2.9"
    assert attempt(client, email).status_code == 302
    sessions = site.services.users.sessions.of_user(user_id=site.users[email], now=datetime.now(UTC))
    assert address in {session.address for session in sessions}
    assert "203.0.113.66" not in {session.address for session in sessions}


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/143.0 Safari/537.36 Edg/143.0",
         "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/18.0 Safari/605",
         "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 CriOS/143.0 Safari/605",
         "Chrome on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/143.0 Mobile Safari/537.36",
         "Chrome on Android"),
        ("curl/8.0", "A browser"),
        ("", "A browser"),
    ],
)  # fmt: skip
def test_browsers_are_named(agent, name):
    assert user_agents.name(agent) == name
