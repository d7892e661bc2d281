"""Whoever opens too many tickets is told so on the page and by the API, and when to go on."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import g

from services.bootstrap import build_services
from tests.portal import conftest

HALF_PAST = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)


@pytest.fixture(scope="module")
def limited(tables, tmp_path_factory):
    """A site on which one person opens two tickets an hour; every request is made at the same time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            conftest, "build_services", lambda options: build_services(replace(options, tickets_per_hour=2))
        )
        site = conftest.build(tables, tmp_path_factory.mktemp("limited"))

    def stop_the_clock() -> None:
        g.now = HALF_PAST

    site.app.before_request_funcs.setdefault(None, []).insert(0, stop_the_clock)
    yield site
    site.services.reporting.analytics.close()


@pytest.mark.parametrize(("role", "path"), [("customer", "/help/new"), ("agent", "/desk/new")])
def test_the_form_comes_back_with_what_was_typed(limited, role, path):
    fields = {"subject": "Printer on fire", "body": "It burns", "priority": "normal"}
    fields["requester_text"] = "stranger@demo.example"
    for _ in range(2):
        assert limited.post(role, path, **fields).status_code == 302
    refused = limited.post(role, path, **fields)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1800"
    assert "You have opened 2 tickets within an hour" in refused.text
    assert "Wait 30 minutes, then try again." in refused.text
    assert "Printer on fire" in refused.text


def test_programs_get_the_same(limited):
    _, secret = limited.services.users.api_tokens.create(
        actor=limited.actor("manager"), now=datetime.now(UTC), name="robot",
        scopes=["ticket:create", "ticket:view"], days=30,
    )  # fmt: skip
    client = limited.app.test_client()
    headers = {"Authorization": f"Bearer {secret}"}
    sent = {"subject": "Disk full", "body": "Of host 7"}
    answers = [client.post("/api/v1/tickets", json=sent, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].headers["Retry-After"] == "1800"
    assert "2 tickets within an hour" in answers[2].json["detail"]
