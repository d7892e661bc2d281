"""Single sign-on in a browser, from the button to the desk, and cancelled halfway."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.provider.certified import certified


def test_a_person_of_a_provider_signs_in_and_another_stops(open_as: Opener, watch, live_server):
    issuer = urlsplit(live_server.environment["OIDC_CORP_ISSUER"])
    with certified(f"{live_server.url}/login/from/corp", issuer.port):
        page = open_as(None, "/desk/new")
        page.get_by_role("link", name="Continue with Corp").click()
        page.wait_for_url(lambda url: urlsplit(url).port == issuer.port)
        page.get_by_label("Name").fill("ada")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{live_server.url}/desk/new")
        expect(page.get_by_role("heading", level=1)).to_have_text("New ticket")
        expect(page.locator("[popovertarget=me-menu]")).to_contain_text("Ada Corp")

        watch.expected.add(400)
        other = open_as(None, "/login")
        other.get_by_role("link", name="Continue with Corp").press("Enter")
        other.get_by_role("button", name="Stop").click()
        expect(other.get_by_role("alert")).to_have_text(
            "Signing in with Corp was cancelled. Nothing was changed."
        )
        other.get_by_role("link", name="Back to sign-in").click()
        expect(other.get_by_label("Email")).to_be_visible()
