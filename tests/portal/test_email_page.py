"""Administrators see which emails have not arrived, and send them again or drop them."""

from datetime import UTC, datetime, timedelta

import pytest

from models import outbox as outbox_table
from services.outbox import GIVE_UP_AFTER

NOW = datetime.now(UTC)


@pytest.fixture
def failed(site):
    """Let an email to the customer fail for good, and another wait after an attempt."""
    for id_, kind, asked_for in (("lost", "notice", NOW - GIVE_UP_AFTER), ("late", "account_email", NOW)):
        payload = {"user_id": site.users["customer"], "email": "customer@demo.example", "about": "moved"}
        outbox_table.put(outbox_table.entry(kind, payload, due=asked_for, id_=id_))
    for item in outbox_table.waiting(10):
        if item.entry_id == "lost":
            outbox_table.give_up(item, at=NOW, error="refused by the mail server: 550")
        else:
            outbox_table.reschedule(item, until=NOW + timedelta(hours=1), error="SMTPServerDisconnected")
    yield outbox_table.failed(1)[0].due_key
    for item in outbox_table.everything():
        outbox_table.done(item)


def test_what_failed_and_what_waits_is_shown_without_its_address(site, failed):
    answer = site.as_("administrator").get("/admin/emails/")
    text = " ".join(answer.text.split())
    assert "refused by the mail server: 550" in text
    assert "SMTPServerDisconnected" in text
    assert "<b>Notice about an account</b>to Customer Demo" in text
    assert "<b>Account email</b>to Customer Demo" in text
    assert "customer@demo.example" not in text


def test_a_failed_email_is_sent_again_once(site, failed):
    for said in ("being sent again", "no longer in the list"):
        assert site.post("administrator", "/admin/emails/again/", key=failed).status_code == 302
        assert said in site.as_("administrator").get("/admin/emails/").text
    site.services.outbox.deliver_due(now=datetime.now(UTC))
    assert [item.entry_id for item in outbox_table.everything()] == ["late"]


def test_a_failed_email_is_dropped(site, failed):
    assert site.post("administrator", "/admin/emails/drop/", key=failed).status_code == 302
    assert [item.entry_id for item in outbox_table.everything()] == ["late"]
    assert "dropped a failed email" in site.as_("administrator").get("/admin/audit-log/").text


@pytest.mark.parametrize("key", ["", "nothing", "x" * 3000, "\x00"])
def test_what_is_not_there_changes_nothing(site, failed, key):
    assert site.post("administrator", "/admin/emails/drop/", key=key).status_code == 302
    assert len(outbox_table.everything()) == 2


def test_the_navigation_counts_what_failed(site, failed):
    site.services.notifications.deliveries._cache.drop("failed")
    page = site.as_("administrator").get("/admin/emails/").text
    assert 'class="n">1<' in page.partition("/admin/emails/")[2].partition("</a>")[0]
