"""A new SECRET_KEY: what the old one signed and sealed stays good while it is among the fallbacks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from portal.app import create_app
from portal.config.settings import Settings
from services.bootstrap import build_services
from services.users.accounts import LinkSpent, Purpose
from services.users.accounts.signed_links import Link
from services.users.credentials import Origin, WrongCode
from services.users.identity import SYSTEM
from services.users.sign_in import CodeNeeded
from tests.portal.cli.run import run
from tests.portal.conftest import PASSWORD, TOKEN, sign_in
from tests.services.harness import options

OLD, NEW = "o" * 48, "n" * 48
EMAIL = "ana@demo.example"
HERE = Origin("192.0.2.90", "Firefox")


@pytest.fixture(scope="module")
def app_with(tables, tmp_path_factory):
    """Return a maker of applications on the same tables: the key in use first, then older ones."""
    folder = tmp_path_factory.mktemp("rotation")

    def make(newest, *older):
        secrets = tuple(key.encode() for key in (newest, *older))
        services = build_services(replace(options(tables, folder), secrets=secrets))
        settings = Settings(secret_key=newest, older_secret_keys=older, data_dir=folder)
        return create_app(settings, services)

    before = make(OLD)
    built = before.extensions["services"]
    built.users.roles.ensure_built_in()
    built.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name="Ana", email=EMAIL, role_id="agent", password=PASSWORD
    )
    return make


def carried(browser, app):
    """Take a browser's cookies to another application."""
    client = app.test_client()
    for name in ("ledgerdesk_session", "ledgerdesk_form", "ledgerdesk_device"):
        client.set_cookie(name, browser.get_cookie(name).value)
    return client


def opened(client, token):
    form = {"csrf_token": token, "subject": "Toner", "body": "It is empty.", "message_id": ""}
    return client.post("/help/new", data=form)


def test_who_is_signed_in_goes_on_and_forms_that_are_open_are_taken(app_with):
    browser = sign_in(app_with(OLD), EMAIL)
    token = TOKEN.search(browser.get("/help/new").text)[1]
    rotated = carried(browser, app_with(NEW, OLD))
    assert opened(rotated, token).status_code == 302
    fresh = TOKEN.search(rotated.get("/help/new").text)[1]
    assert opened(rotated, fresh).status_code == 302
    assert opened(carried(browser, app_with(NEW)), token).status_code == 400, "the old key counts no more"


def test_what_is_signed_after_the_change_needs_the_old_key_no_more(app_with):
    browser = sign_in(app_with(NEW, OLD), EMAIL)
    token = TOKEN.search(browser.get("/help/new").text)[1]
    assert opened(carried(browser, app_with(NEW)), token).status_code == 302


def services_of(app):
    return app.extensions["services"]


def test_links_in_emails_and_trusted_device_tokens_stay_valid(app_with):
    link = Link("somebody", Purpose.WELCOME, "nonce")
    before, after, later = (services_of(app_with(*keys)) for keys in ((OLD,), (NEW, OLD), (NEW,)))
    signed = before.users.own_account._links.token(link)
    assert after.users.own_account._links.read(signed, Purpose.WELCOME) == link
    assert (
        later.users.own_account._links.read(after.users.own_account._links.token(link), Purpose.WELCOME)
        == link
    )
    device_token = before.users.authentication._trusted_devices.issue(EMAIL)
    assert after.users.authentication._trusted_devices.verify(device_token, EMAIL)
    assert later.users.authentication._trusted_devices.verify(
        after.users.authentication._trusted_devices.issue(EMAIL), EMAIL
    )
    with pytest.raises(LinkSpent):
        later.users.own_account._links.read(signed, Purpose.WELCOME)
    assert later.users.authentication._trusted_devices.verify(device_token, EMAIL) is None


def test_a_second_factor_is_encrypted_again_before_the_old_key_goes(app_with):
    services, now = services_of(app_with(OLD)), datetime.now(UTC)
    token = sign_in(app_with(OLD), EMAIL).get_cookie("ledgerdesk_session").value
    enrolment = services.users.second_factor.begin(
        services.users.authentication.actor_for(token=token, now=now)
    )
    app = pyotp.TOTP(enrolment.key.replace(" ", ""))
    actor = services.users.authentication.actor_for(token=token, now=now)
    services.users.second_factor.confirm(actor=actor, token=enrolment.token, code=app.at(now), now=now)

    def sign_in_with_code(services, minutes):
        at = now + timedelta(minutes=minutes)
        needed = services.users.authentication.sign_in(email=EMAIL, password=PASSWORD, origin=HERE, now=at)
        assert isinstance(needed, CodeNeeded)
        services.users.authentication.finish_sign_in(token=needed.token, code=app.at(at), origin=HERE, now=at)

    def renew(app):
        return run(services_of(app), "keys", "renew")

    rotated, gone = app_with(NEW, OLD), app_with(NEW)
    sign_in_with_code(services_of(rotated), 5)
    with pytest.raises(WrongCode):
        sign_in_with_code(services_of(gone), 10)
    assert renew(gone).exit_code == 1
    assert renew(rotated).output == "1 renewed\n"
    assert renew(rotated).output == "0 renewed\n"
    sign_in_with_code(services_of(gone), 15)
