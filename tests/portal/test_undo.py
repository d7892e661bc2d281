"""Undo by its address: one change or many, with and without a script, and never twice."""

import re

import pytest

from tests.portal.pages import Page

GRID = "/desk/tickets/"
JSON = {"Accept": "application/json"}


def changed(site, role="agent", **values):
    """Open a ticket and change it; returns its number."""
    ticket_id = site.ticket()
    change(site, ticket_id, 1, role, **values)
    return ticket_id


def change(site, ticket_id, version, role="agent", **values):
    answer = site.post(role, f"/desk/tickets/{ticket_id}/update", version=str(version), **values)
    assert answer.status_code == 302


def undo(site, *changes, role="agent", headers=JSON):
    fields = {"csrf_token": site.token(role), "change": list(changes)}
    return site.as_(role).post("/desk/undo", data=fields, headers=headers)


def test_one_change_is_undone_once_however_often_it_is_asked(site, read):
    ticket_id = changed(site, priority="high", team_id="devices")
    answer = undo(site, f"{ticket_id}:2")
    assert (answer.status_code, answer.json["undone"]) == (200, 1)
    assert answer.json["versions"] == {str(ticket_id): 3}
    assert answer.json["message"] == f"Undone. #{ticket_id} has priority Normal, team none again."
    for _ in range(2):
        answer = undo(site, f"{ticket_id}:2")
        assert (answer.status_code, answer.json["message"]) == (200, "Already undone.")
    ticket = read(ticket_id)
    assert (ticket.priority, ticket.team_id, ticket.version) == ("normal", None, 3)


def test_what_was_changed_since_stays_and_is_named(site, read):
    ticket_id = changed(site, priority="high", category="invoices")
    change(site, ticket_id, 2, "manager", priority="urgent")
    answer = undo(site, f"{ticket_id}:2")
    assert answer.status_code == 409
    assert answer.json["message"] == (
        f"#{ticket_id}: changed since, priority by Manager Demo. Nothing was undone."
    )
    assert (read(ticket_id).priority, read(ticket_id).category) == ("urgent", "invoices")


def test_many_are_undone_each_on_its_own(site, read):
    numbers = [changed(site, status="pending") for _ in range(4)]
    change(site, numbers[0], 2, "manager", status="on_hold")
    undo(site, f"{numbers[1]}:2")
    listed = " ".join(f"{number}:2" for number in numbers)
    answer = undo(site, listed, f"{numbers[3]}:2", "999999999:2")
    assert answer.status_code == 200
    assert answer.json["message"] == "2 of 5 changes undone, 1 already undone, 2 not changed."
    assert [read(number).status for number in numbers] == ["on_hold", "new", "new", "new"]
    assert [read(number).version for number in numbers] == [3, 3, 3, 3]


def test_two_changes_of_one_ticket_are_undone_from_the_last(site, read):
    ticket_id = changed(site, priority="high")
    change(site, ticket_id, 2, priority="urgent")
    answer = undo(site, f"{ticket_id}:2", f"{ticket_id}:3")
    assert answer.json["message"] == "2 changes undone."
    assert (read(ticket_id).priority, read(ticket_id).version) == ("normal", 5)


NO_CHANGES = ["", " ", "1", "1:", ":1", "1:x", "x:1", "-1:2", "1:2:3", "\u0661:\u0661"]


@pytest.mark.parametrize("changes", [*NO_CHANGES, "1:" + "9" * 10, "9" * 16 + ":1"])
def test_what_names_no_change_is_refused(site, changes):
    assert undo(site, changes).status_code == 400
    assert undo(site).status_code == 400


def test_not_more_than_two_hundred(site):
    assert undo(site, " ".join(f"{number}:2" for number in range(1, 202))).status_code == 400


def test_undo_is_for_the_desk_and_needs_its_token(site, read):
    ticket_id = changed(site, priority="high")
    assert undo(site, f"{ticket_id}:2", role="customer").status_code == 403
    answer = site.as_("agent").post("/desk/undo", data={"change": f"{ticket_id}:2"}, headers=JSON)
    assert answer.status_code == 400
    assert site.as_("agent").get(f"/desk/undo?change={ticket_id}:2").status_code == 405
    assert read(ticket_id).version == 2


def test_what_cannot_be_undone_says_why(site):
    ticket_id = site.ticket()
    page = site.read("agent", f"/desk/tickets/{ticket_id}")
    form = page.form(f"/desk/tickets/{ticket_id}/reply")
    site.as_("agent").post(form.action, data=form.filled(kind="note", body="Only words."))
    for version, words in ((1, "Opening a ticket"), (2, "may have been read"), (7, "change does not exist")):
        answer = undo(site, f"{ticket_id}:{version}")
        assert answer.status_code == 409
        assert words in answer.json["message"]


def test_the_timeline_offers_it_while_the_values_hold(site, read):
    ticket_id = changed(site, priority="high")
    change(site, ticket_id, 2, "manager", team_id="devices")
    page = site.read("agent", f"/desk/tickets/{ticket_id}")
    form = page.form("/desk/undo")
    assert form.buttons == [("change", f"{ticket_id}:2"), ("change", f"{ticket_id}:3")]
    answer = site.as_("agent").post(form.action, data=form.filled(change=f"{ticket_id}:2"))
    assert answer.location == f"/desk/tickets/{ticket_id}"
    page = site.read("agent", answer.location)
    assert f"Undone. #{ticket_id} has priority Normal again." in page.text
    assert page.form("/desk/undo").buttons == [("change", f"{ticket_id}:3"), ("change", f"{ticket_id}:4")]
    assert "undid priority" in page.text
    assert read(ticket_id).version == 4


def test_saving_and_solving_offer_undo_but_a_message_does_not(site):
    ticket_id = site.ticket()
    path = f"/desk/tickets/{ticket_id}"

    def send(form, **changes):
        return Page(
            site.as_("agent").post(form.action, data=form.filled(**changes), follow_redirects=True).text
        )

    def offered(page):
        return [form.buttons for form in page.forms if form.action == "/desk/undo" and not form.id]

    page = send(site.read("agent", path).form(f"{path}/update"), priority="high")
    assert "Saved as version 2." in page.text
    assert offered(page) == [[("change", f"{ticket_id}:2")]]
    page = send(page.form(f"{path}/update"))
    assert offered(page) == []
    page = send(page.form(f"{path}/reply"), kind="reply", body="Soon.", status="new")
    assert "Reply sent, Open." in page.text
    assert offered(page) == [], "to undo beside a sent reply would promise too much"
    page = send(page.form(f"{path}/reply"), kind="reply", body="Done.", status="solved")
    assert f"#{ticket_id} solved. Reply sent." in page.text
    assert offered(page) == [[("change", f"{ticket_id}:4")]]


def test_a_bulk_change_is_undone_as_one_and_only_what_it_changed(site, read):
    numbers = [site.ticket() for _ in range(2)]
    same = changed(site, "manager", status="pending")
    rows = [f"{number}:1" for number in numbers] + [f"{same}:2"]
    back = f"{GRID}?state=open"
    answer = site.post("agent", f"{GRID}action/", action="status", value="pending", rowid=rows, url=back)
    page = site.read("agent", answer.location)
    assert "3 tickets set to Pending." in page.text
    form = page.form("/desk/undo")
    assert form.buttons == [("change", f"{numbers[0]}:2 {numbers[1]}:2")]
    answer = site.as_("agent").post(
        form.action,
        data=form.filled(change=form.buttons[0][1]),
        headers={"Referer": f"http://localhost{back}&size=50"},
    )
    assert answer.location == f"{back}&size=50"
    assert "2 changes undone." in site.read("agent", answer.location).text
    assert [read(number).status for number in (*numbers, same)] == ["new", "new", "pending"]


def test_many_refusals_fit_into_the_cookie_that_carries_them(site):
    rows = [f"{number}:1" for number in range(9_000_000, 9_000_200)]
    answer = site.post("agent", f"{GRID}action/", action="priority", value="high", rowid=rows)
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("ledgerdesk_form"))
    assert len(cookie) < 4000
    text = site.read("agent", answer.location).text
    assert "0 of 200 tickets set to High." in text
    assert "And 195 more that were not changed." in text


def test_an_inline_edit_says_how_to_undo_it(site):
    ticket_id = site.ticket()
    headers = {"X-CSRFToken": site.token("agent")}

    def edit(value, version):
        fields = {"pk": str(ticket_id), "field": "priority", "value": value, "version": version}
        return site.as_("agent").post(f"{GRID}ajax/update/", json=fields, headers=headers).json

    assert edit("high", 1)["undo"] == f"{ticket_id}:2"
    assert edit("high", 2)["undo"] is None


def test_a_session_that_ended_leads_back_to_the_page_of_the_form(site):
    ticket_id = site.ticket()
    path = f"/desk/tickets/{ticket_id}"
    nobody = site.as_("anonymous")
    token = re.search(r'name="csrf_token" value="([^"]+)"', nobody.get("/login").text)[1]
    for referrer, target in (
        (f"http://localhost{path}", f"?next={path}"),
        (f"http://localhost{path}/reply", ""),
        (f"https://evil.example{path}", ""),
    ):
        fields = {"csrf_token": token, "body": "Kept", "version": "1"}
        answer = nobody.post(f"{path}/reply", data=fields, headers={"Referer": referrer})
        assert answer.location == f"/login{target}"
