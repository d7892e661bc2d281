"""People from a file: nothing happens before it is confirmed, and nothing happens twice."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import user as user_table
from models.outbox import Outbox
from models.user import User as UserItem
from models.user import UserEmail
from services.errors import Invalid
from services.users.accounts.user_csv import MAX_BYTES, MAX_LINES, decode, read
from services.users.accounts.user_import import NEW, REJECTED, UNCHANGED, WAITING
from services.users.identity import SYSTEM, Permission, PermissionDenied, Scope
from tests.services.harness import START

HEADER = "name,email,role,teams,organization\n"
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def admin(harness):
    return harness.actor("administrator")


@pytest.fixture(autouse=True, scope="module")
def nord(harness):
    return harness.services.users.organizations.save(
        actor=SYSTEM,
        now=START,
        id_=None,
        name="Nord",
        active=True,
        shares_tickets=False,
        domains=[],
        expected_version=0,
    )


@pytest.fixture
def plan(harness, admin):
    return lambda text, actor=admin: harness.services.users.user_import.plan(actor=actor, text=text)


@pytest.fixture
def run(harness, admin):
    def do(text, actor=admin, why_not=lambda: None, **more):
        values = {"invite": False, "now": START, **more}
        return harness.services.users.user_import.run(actor=actor, text=text, why_not=why_not, **values)

    return do


def outcomes(report):
    return [line.outcome for line in report.lines]


def address() -> str:
    return f"p{next(NUMBERS)}@import.example"


def stored(harness, email):
    return harness.services.users.accounts.find_by_email(email)


def test_a_dry_run_writes_nothing_and_says_what_would_be(harness, plan, run):
    one, two = address(), address()
    text = f"{HEADER}Ana,{one},agent,Support; network,Nord\nBen,{two},,,\n"
    assert outcomes(plan(text)) == [NEW, NEW]
    assert stored(harness, one) is None
    assert outcomes(run(text)) == [NEW, NEW]
    ana, ben = stored(harness, one), stored(harness, two)
    assert (ana.role_id, ana.team_ids, ana.organization_id) == ("agent", ("network", "support"), "nord")
    assert (ben.role_id, ben.team_ids, ben.organization_id) == ("customer", (), None)
    assert user_table.find(ana.user_id).password_hash is None
    changed = plan(f"name,email,role\nAna Maria,{one.upper()},Agent\n,{two},manager\n")
    assert [line.changes for line in changed.lines] == [
        (("name", "Ana", "Ana Maria"),), (("role", "customer", "manager"),)
    ]  # fmt: skip


def test_the_same_file_again_changes_nothing(harness, run):
    emails = [address() for _ in range(3)]
    text = HEADER + "".join(f"Person {at},{email},agent,support,nord\n" for at, email in enumerate(emails))
    assert outcomes(run(text)) == [NEW] * 3
    before = [stored(harness, email) for email in emails]
    assert outcomes(run(text)) == [UNCHANGED] * 3
    assert [stored(harness, email) for email in emails] == before


def test_a_file_is_imported_in_parts(harness, run):
    emails = [address() for _ in range(5)]
    text = HEADER + "".join(f"Part,{email},,,\n" for email in emails)
    assert outcomes(run(text, most=2)) == [NEW] * 2 + [WAITING] * 3
    assert outcomes(run(text, most=2)) == [UNCHANGED] * 2 + [NEW] * 2 + [WAITING]
    assert outcomes(run(text, most=2)) == [UNCHANGED] * 4 + [NEW]


def test_losing_the_right_stops_the_import(harness, run):
    emails = [address() for _ in range(3)]
    why = "Your role changed while this ran."
    reasons = iter([None, why])
    text = HEADER + "".join(f"Stop,{email},,,\n" for email in emails)
    report = run(text, why_not=lambda: next(reasons))
    assert (outcomes(report), report.stopped) == (
        [NEW, WAITING, WAITING],
        "Your role changed while this ran.",
    )
    assert [stored(harness, email) is not None for email in emails] == [True, False, False]


def test_only_the_ticked_box_sends_emails(harness, run):
    def waiting():
        return len(list(Outbox.scan()))

    count = waiting()
    run(f"{HEADER}Quiet,{address()},,,\n")
    assert waiting() == count
    run(f"{HEADER}Loud,{address()},,,\n", invite=True)
    assert waiting() == count + 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Ana,no address,,,", "Enter an email address"),
        (",{0},,,", "1 to 100 characters"),
        ("Ana,{0},boss,,", "There is no role 'boss'"),
        ("Ana,{0},,support|moon,", "There is no team 'moon'"),
        ("Ana,{0},,,Atlantis", "There is no organization 'Atlantis'"),
        ("Ana,{0},,,,more", "6 cells, but the first line has 5"),
    ],
    ids=["address", "name", "role", "team", "organization", "cells"],
)
def test_a_line_that_cannot_be_is_rejected_with_its_reason(harness, plan, run, line, reason):
    email = address()
    text = f"{HEADER}{line.format(email)}\nGood,{address()},,,\n"
    for report in (plan(text), run(text)):
        assert outcomes(report) in ([REJECTED, NEW], [REJECTED, UNCHANGED])
        assert reason in report.lines[0].reason
    assert stored(harness, email) is None


def test_an_address_stands_once_in_a_file(plan):
    email = address()
    report = plan(f"{HEADER}Ana,{email},,,\n\nAna,{email.upper()},agent,,\n")
    assert outcomes(report) == [NEW, REJECTED]
    assert (report.lines[1].row.number, report.lines[1].reason) == (4, "Line 2 has the same address.")


def test_nobody_imports_beyond_their_own_role(harness, plan, run):
    clerk_may = {Permission.USER_EDIT: Scope.ALL, Permission.TICKET_VIEW: Scope.ALL}
    clerk = harness.actor("manager", permissions=clerk_may)
    chief = address()
    run(f"{HEADER}Chief,{chief},administrator,,\n")
    text = f"{HEADER}Chief,{chief},administrator,support,\nNew,{address()},administrator,,\n"
    for report in (plan(text, clerk), run(text, clerk)):
        assert outcomes(report) == [REJECTED] * 2
        assert all("more than your own" in line.reason for line in report.lines)
    with pytest.raises(PermissionDenied):
        plan(HEADER, harness.actor("agent"))
    assert stored(harness, chief).team_ids == ()


def test_ones_own_role_and_the_last_administrator_stay(harness, plan, run):
    me = harness.actor("administrator")
    email = address()
    user_table.update(me.user_id, email=email, password_hash="x")
    UserEmail(email=email, user_id=me.user_id).save()
    text = f"{HEADER},{email},customer,,\n"
    assert "change your own role" in plan(text, me).lines[0].reason
    assert "Nobody else has all rights" in plan(text).lines[0].reason
    assert run(text).lines[0].outcome == REJECTED
    assert UserItem.get(me.user_id).role_id == "administrator"


@pytest.mark.parametrize(("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b"name,email\r\n", "only a header"),
        ("name,email\nJörg,j@x.example\n".encode("latin-1"), "not in UTF-8"),
        (b"PK\x03\x04\x00name,email", "not a CSV file"),
        (b"email\na@b.example\n", "name is missing"),
        (b"name,email,salary\na,a@b.example,1\n", "column 'salary' is unknown"),
        (b"name,email,name\na,a@b.example,b\n", "twice"),
        (b'name,email\n"a,a@b.example\n', "Line 2 cannot be read"),
        (b"name,email\n" + b"a,a@b.example\n" * (MAX_LINES + 1), "more than 5,000 lines"),
        (b"name,email\n" + b"x" * MAX_BYTES, "more than 400 KB"),
    ],
    ids=["empty", "blank", "header alone", "encoding", "binary", "no name", "unknown column", "twice",
         "quotes", "lines", "bytes"],
)  # fmt: skip
def test_what_is_no_file_of_people(data, reason):
    with pytest.raises(Invalid, match=reason) as refused:
        read(decode(data))
    assert refused.value.fields.keys() == {"file"}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_spreadsheets_write_is_read(separator):
    text = (
        separator.join(("Name", "E-Mail", "teams"))
        + "\r\n"
        + separator.join(('"Ana ""A"""', "a@b.example", '"x;y"'))
    )
    (row,) = read(decode(b"\xef\xbb\xbf" + text.encode()))
    assert row.cells == {
        "name": 'Ana "A"',
        "email": "a@b.example",
        "role": "",
        "teams": "x;y",
        "organization": "",
        "phone": "",
    }
    assert read("line,reason,name,email\n7,Bad,'=Ana,a@b.example\n")[0].cells["name"] == "=Ana"


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=6))
def test_any_text_is_read_or_refused(rows):
    text = "name,email,role\n" + "\n".join(",".join(cells) for cells in rows)
    try:
        rows = read(decode(text.encode()))
    except Invalid:
        return
    assert all(
        row.cells.keys() == {"name", "email", "phone", "role", "teams", "organization"} for row in rows
    )
    assert [row.number for row in rows] == sorted(row.number for row in rows)
