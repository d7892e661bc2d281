"""Phone numbers of people: how they may be written, who is found by them, and that they leave with the person."""

from datetime import timedelta

import pytest

from models import audit
from services.errors import Invalid
from services.users.identity import SYSTEM
from services.users.identity.names import clean_phone


@pytest.fixture(scope="module")
def marta(harness):
    return harness.services.users.accounts.create(
        actor=SYSTEM, now=harness.now(), name="Marta Kowalska", email="marta@nordwind.example",
        role_id="customer", phone=" +370  5 266 1183 ", invite=False,
    )  # fmt: skip


def found_by(harness, text):
    people = harness.services.users.directory.search(actor=SYSTEM, text=text, most=5).people
    return [one.user_id for one in people]


def update(harness, user, **changes):
    accounts = harness.services.users.accounts
    stored = accounts.read(actor=SYSTEM, user_id=user.user_id)
    names = ("name", "email", "role_id", "active", "team_ids")
    return accounts.update(
        actor=SYSTEM, now=harness.now(), user_id=user.user_id, expected_version=stored.version,
        **{name: getattr(stored, name) for name in names} | changes,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["+370 5 266 1183", "(030) 5550-174", "110", "030/5550.174", "+1 212 555 0100 ext. 12", "0174 x5"]
)
def test_numbers_stay_as_they_are_written(text):
    assert clean_phone(f"  {text} ") == text


@pytest.mark.parametrize("text", ["", "   ", "\u200b"])
def test_no_number(text):
    assert clean_phone(text) is None


@pytest.mark.parametrize(
    "text", ["Marta", "12", "+", "1" * 30, "0" * 9, "<b>123456</b>", "=1+2", "1\n2\n3;4"]
)
def test_other_text_is_refused(text):
    with pytest.raises(Invalid) as refused:
        clean_phone(text)
    assert list(refused.value.fields) == ["phone"]


@pytest.mark.parametrize("text", ["+370 5 266 1183", "05 266 1183", "266-1183", "0037052661183", "1183"])
def test_a_number_finds_its_person_however_it_is_written(harness, marta, text):
    assert found_by(harness, text) == [marta.user_id]


@pytest.mark.parametrize("text", ["05 266 1184", "Kowalska 9999"])
def test_another_number_does_not(harness, marta, text):
    assert not found_by(harness, text)


def test_it_is_changed_kept_and_removed_and_the_audit_log_says_so(harness, marta):
    assert update(harness, marta, name="Marta K.").phone == "+370 5 266 1183"
    assert update(harness, marta, phone="110").phone == "110"
    assert update(harness, marta, phone="").phone is None
    changes = [
        entry.changes["phone"]
        for entry in audit.of_subject(f"user:{marta.user_id}")
        if "phone" in entry.changes
    ]
    assert sorted(map(str, changes)) == sorted(
        map(str, [[None, "+370 5 266 1183"], ["+370 5 266 1183", "110"], ["110", None]])
    )
    update(harness, marta, name="Marta Kowalska", phone="+370 5 266 1183")


def test_an_import_adds_it_and_an_empty_cell_keeps_it(harness, marta):
    def run(*lines):
        text = "\n".join(("name,email,phone", *lines))
        report = harness.services.users.user_import.run(
            actor=SYSTEM, now=harness.now(), text=text, invite=False, why_not=lambda: None
        )
        return [(line.outcome, line.reason) for line in report.lines]

    added = "Lena,lena@nordwind.example,'+49 30 5550 174"  # as an export writes it
    assert run(added, "Marta Kowalska,marta@nordwind.example,") == [("new", ""), ("unchanged", "")]
    assert harness.services.users.accounts.find_by_email("lena@nordwind.example").phone == "+49 30 5550 174"
    assert run("Lena,lena@nordwind.example,call me")[0][1].startswith("Enter a phone number")


def test_an_erasure_takes_it_away_everywhere(harness):
    user = harness.services.users.accounts.create(
        actor=SYSTEM, now=harness.now(), name="Otto Gone", email="otto@gone.example",
        role_id="customer", phone="+49 40 98765", invite=False,
    )  # fmt: skip
    erasures = harness.services.privacy.erasures
    erasures.ask(
        actor=harness.actor("administrator"), user_id=user.user_id, confirmed="Otto Gone", now=harness.now()
    )
    for later in (timedelta(0), timedelta(minutes=5)):  # the second round begins a while after the first
        while erasures.advance(now=harness.now() + later):
            pass
    assert harness.services.users.accounts.get(user.user_id, fresh=True).phone is None
    assert "98765" not in str([entry.changes for entry in audit.of_subject(f"user:{user.user_id}")])
    assert not found_by(harness, "98765")
