"""How the audit log describes changes."""

from portal.admin.audit_log import change_texts


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
