"""A file of personal or bulk data leaves the product only after a fresh password or code."""

from datetime import UTC, datetime

import pytest

from services.users.identity import STEP_UP_LASTS, SYSTEM
from tests.portal.conftest import PASSWORD, TOKEN, sign_in
from tests.portal.pages import Page
from tests.portal.test_step_up import age

EXPORTS = ("/desk/tickets/export/csv/", "/admin/audit-log/export/csv/")


@pytest.fixture(scope="module")
def administrator(site):
    """An administrator of their own, whose browser these tests let grow old."""
    email = "downloader@demo.example"
    user = site.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name="Downloader", email=email, role_id="administrator",
        password=PASSWORD,
    )  # fmt: skip
    return sign_in(site.app, email), user.user_id


@pytest.mark.parametrize("path", EXPORTS)
def test_a_list_is_exported_after_the_password(administrator, path):
    client, _ = administrator
    age(None, client)
    asked = client.get(path)
    assert (asked.status_code, asked.location.partition("?")[0]) == (302, "/account/prove")
    form = Page(client.get(asked.location).text).form("/account/prove")
    done = client.post(form.action, data=form.filled(proof=PASSWORD))
    assert done.location.startswith(path)
    assert client.get(done.location).mimetype == "text/csv"


def test_personal_data_is_handed_out_after_the_password(site, administrator):
    client, user_id = administrator
    customer = site.users["customer"]
    site.services.reporting.analytics.follow(now=datetime.now(UTC))
    token = TOKEN.search(client.get("/account/").text)[1]
    for path in ("/account/export", f"/admin/users/{customer}/privacy/export"):
        age(None, client)
        asked = client.post(path, data={"csrf_token": token})
        assert asked.status_code == 403
        assert "Confirm your identity" in Page(asked.text).text
        form = Page(asked.text).form(path)
        assert client.post(path, data=form.filled(proof="wrong horse battery")).status_code == 403
        assert client.post(path, data=form.filled(proof=PASSWORD)).mimetype == "application/zip"
    assert site.services.users.accounts.get(user_id).active


def test_rejected_lines_are_handed_out_after_the_password(administrator):
    client, _ = administrator
    token = TOKEN.search(client.get("/account/").text)[1]
    sent = {"csrf_token": token, "text": "name,email\nNobody,nowhere\n"}
    age(None, client, STEP_UP_LASTS)
    assert client.post("/admin/users/import/rejected/", data=sent).status_code == 403
    assert (
        client.post("/admin/users/import/rejected/", data={**sent, "proof": PASSWORD}).mimetype == "text/csv"
    )
