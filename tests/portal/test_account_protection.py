"""In the browser: codes past the limit, tokens at a new password, and what the audit log shows of sign-ins."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pyotp
import pytest

from models import attempt as attempt_table
from services.users.credentials.login_throttle import MEMORY, OF_CODES, CodeAttempt
from services.users.identity import SYSTEM, Permission
from tests.portal.conftest import PASSWORD, TOKEN, sign_in
from tests.portal.pages import Page
from tests.portal.test_step_up import age

ANOTHER = "violet tractor under snowfall"
LINK = re.compile(r"http://127\.0\.0\.1(/account/(?:code|reset)/\S+)")


class Person:
    """Somebody with a browser, a mailbox and perhaps an app."""

    def __init__(self, site):
        self.site, self.email = site, f"{uuid.uuid4().hex}@demo.example"
        self.user_id = site.services.users.accounts.create(
            actor=SYSTEM, now=self.now, name="Ana Silva", email=self.email, role_id="administrator",
            password=PASSWORD,
        ).user_id  # fmt: skip
        self.client = sign_in(site.app, self.email)

    @property
    def now(self):
        return datetime.now(UTC)

    @property
    def actor(self):
        token = self.site.services.users.sessions.start(user_id=self.user_id, now=self.now)
        return self.site.services.users.authentication.actor_for(token=token, now=self.now)

    def enrol(self):
        """Set up the second factor a minute ago, so that this minute's code is still good."""
        factor, actor, then = (
            self.site.services.users.second_factor,
            self.actor,
            self.now - timedelta(minutes=1),
        )
        begun = factor.begin(actor)
        self.app = pyotp.TOTP(begun.key.replace(" ", ""))
        self.recovery = factor.confirm(actor=actor, token=begun.token, code=self.app.at(then), now=then)
        return self

    def exhaust(self):
        """Let all codes of the hour have been entered."""
        (key,) = CodeAttempt(self.user_id).limits
        for _ in range(OF_CODES.free):
            attempt_table.take_free(key, free=OF_CODES.free, now=self.now, expires_at=self.now + MEMORY)
        return self

    def token(self):
        return self.site.services.users.api_tokens.create(
            actor=self.actor, now=self.now, name="robot", scopes=[Permission.TICKET_VIEW], days=30
        )[1]

    def works(self, secret):
        answer = self.site.app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
        return answer.status_code == 200

    def links(self):
        """Deliver what is due, and return the links in letters to this person."""
        while self.site.services.outbox.deliver_due(now=self.now):
            pass
        folder = self.site.services.outbox._delivers["account_email"].__self__._mailer.folder
        messages = [message_from_bytes(path.read_bytes(), policy=default) for path in folder.glob("*.eml")]
        texts = [message.get_content() for message in messages if self.email in message["To"]]
        return [match[1] for text in texts if (match := LINK.search(text))]


def post(client, path, page="/account/", **fields):
    token = TOKEN.search(client.get(page).text)[1]
    return client.post(path, data={"csrf_token": token, **fields})


def sent(client, form, **changes):
    return client.post(form.action, data=form.filled(**changes))


@pytest.fixture
def person(site):
    return Person(site)


def test_past_the_limit_a_link_by_email_lets_the_owner_in(site, person):
    person.enrol().exhaust()
    browser = site.app.test_client()
    asked = Page(post(browser, "/login", "/login", email=person.email, password=PASSWORD).text)
    assert not [form for form in asked.forms if form.action == "/login/code/link"]
    refused = sent(browser, asked.form("/login/code"), code=person.app.now())
    assert refused.status_code == 429
    page = Page(refused.text)
    assert "Use a recovery code, or sign in with a link that we email you." in page.text
    answer = sent(browser, page.form("/login/code/link"))
    assert answer.status_code == 200
    assert "We have sent you an email with a link" in Page(answer.text).text
    (link,) = person.links()
    form = Page(browser.get(link).text).form(link)
    wrong = sent(browser, form, code="000000")
    assert wrong.status_code == 400
    done = sent(browser, Page(wrong.text).form(link), code=person.app.now())
    assert done.status_code == 302
    assert browser.get("/account/").status_code == 200
    spent = browser.get(link)
    assert spent.status_code == 400
    assert "has been used" in spent.text


def test_a_recovery_code_needs_no_link(site, person):
    person.enrol().exhaust()
    browser = site.app.test_client()
    page = Page(post(browser, "/login", "/login", email=person.email, password=PASSWORD).text)
    assert sent(browser, page.form("/login/code"), code=person.recovery[0]).status_code == 302


def test_nobody_is_sent_a_link_without_the_password(site, person):
    answer = post(site.app.test_client(), "/login/code/link", "/login", token="forged", email=person.email)
    assert answer.status_code == 400
    assert "Sign in again" in answer.text
    assert person.links() == []


def test_past_the_limit_a_step_up_offers_to_sign_in_again(person):
    person.enrol().exhaust()
    age(person.site, person.client)
    page = Page(post(person.client, "/account/prove", proof=person.app.now()).text)
    assert "Use a recovery code" in page.text
    assert page.form("/account/prove/sign-in")
    answer = post(person.client, "/account/second-factor/off", proof=person.app.now())
    assert answer.status_code == 429
    assert Page(answer.text).form("/account/prove/sign-in")


def test_a_changed_password_asks_about_tokens(person):
    assert "revoke_tokens" not in Page(person.client.get("/account/").text).form("/account/password").fields
    secret = person.token()
    form = Page(person.client.get("/account/").text).form("/account/password")
    assert form.one("revoke_tokens") == "1", "ticked unless somebody unticks it"
    unticked = {name: value for name, value in form.fields.items() if name != "revoke_tokens"}
    person.client.post(form.action, data={**unticked, "current": PASSWORD, "password": ANOTHER})
    assert person.works(secret)
    sent(person.client, form, current=ANOTHER, password=PASSWORD)
    assert "Your API tokens have been revoked." in person.client.get("/account/").text
    assert not person.works(secret)


def test_a_reset_revokes_tokens_and_says_so_before(site, person):
    secret, browser = person.token(), site.app.test_client()
    post(browser, "/forgot", "/forgot", email=person.email)
    (link,) = person.links()
    page = Page(browser.get(link).text)
    assert "your API tokens are revoked" in page.text
    assert sent(browser, page.form(link), password=ANOTHER).status_code == 302
    assert not person.works(secret)
    device = browser.get_cookie("ledgerdesk_device").value
    assert site.services.users.authentication._trusted_devices.verify(device, person.email)


def test_ending_sessions_says_what_becomes_of_tokens(site, person):
    person.token()
    sign_in(site.app, person.email)
    page = Page(person.client.get("/account/").text)
    assert "Your API tokens keep working." in page.text
    page = person.client.get(f"/admin/sessions/?person={person.user_id}").text
    assert "API tokens keep working until they are revoked." in page


def test_the_audit_log_shows_sign_ins_in_plain_words(site, person):
    post(site.app.test_client(), "/login", "/login", email=person.email, password="my secret guess")
    site.app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer ld_{'x' * 43}"})
    everything = Page(person.client.get("/admin/audit-log/").text).text
    for words in (
        "signed in", "failed to sign in", "factor: password", "device: new", "attempts this hour: 1",
        "Somebody who is not signed in", "used an API token that is not valid", "No known account",
    ):  # fmt: skip
        assert words in everything, words
    assert "my secret guess" not in everything


def test_the_audit_log_filters_by_action_and_address(site, person):
    stranger = site.app.test_client()
    stranger.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    post(stranger, "/login", "/login", email=person.email, password="guess")

    def actions(query):
        answer = person.client.get(f"/admin/audit-log/?{query}")
        assert answer.status_code == 200
        return re.findall(r'data-l="Action">([^<]+)<', answer.text)

    assert set(actions("action=user.sign_in_failed")) == {"failed to sign in"}
    assert actions("from=203.0.113.77") == ["failed to sign in"]
    assert set(actions(f"what=user:{person.user_id}&action=user.signed_in")) == {"signed in"}
    assert person.client.get("/admin/audit-log/?action=nonsense").status_code == 400
