"""How the audit log describes changes."""

import re
from pathlib import Path

import pytest

from portal.admin.audit_log import ACTS, change_texts


def test_fields_and_values_read_as_they_do_in_forms():
    changes = {"role_id": ["agent", "manager"], "team_ids": [["a"], ["a", "b"]], "active": [True, False]}
    assert change_texts(changes) == [
        ("role", "agent", "manager"),
        ("teams", "a", "a, b"),
        ("active", "yes", "no"),
    ]


def test_what_was_not_there_before_is_not_struck_out():
    assert change_texts({"email": [None, "ana@demo.example"]}) == [("email", "", "ana@demo.example")]


def test_what_is_gone_is_said():
    assert change_texts({"shares_tickets": [True, None]}) == [("shares tickets", "yes", "nothing")]


def test_nothing_that_stays_nothing_is_left_out():
    assert change_texts({"team_ids": [None, []]}) == []


def test_every_action_has_words():
    """Named in the services as "kind.what", and shown in plain words."""
    root = Path(__file__).resolve().parents[2]
    kinds = {action.partition(".")[0] for action in ACTS}
    named = re.compile(rf'"((?:{"|".join(kinds)})\.[a-z_]+)"')
    used = {
        action
        for path in (root / "services").rglob("*.py")
        for action in named.findall(path.read_text(encoding="utf-8"))
    }
    assert len(used) > 20
    assert used - ACTS.keys() == set()


@pytest.mark.parametrize(
    ("address", "words", "said"),
    [
        ("/admin/audit-log/", ("Newer", "Older"), "latest first"),
        ("/admin/audit-log/?sort=at", ("Earlier", "Later"), "earliest first"),
        ("/desk/tickets/?state=open", ("Newer", "Older"), "latest change first"),
    ],
)
def test_the_pager_says_which_way_it_leads(site, address, words, said):
    site.ticket()
    page = site.read("administrator", address).text
    assert said in page
    for word in ("Newer", "Older", "Earlier", "Later"):
        assert (word in page) is (word in words)
