"""The agents' workspace: messages, properties, and two people at one ticket."""

import re

import pytest

from tests.portal.pages import Page

KB = 1024


def desk(site, ticket_id, role="agent"):
    return site.read(role, f"/desk/tickets/{ticket_id}")


def composer(page, ticket_id):
    return page.form(f"/desk/tickets/{ticket_id}/reply")


def properties(page, ticket_id):
    return page.form(f"/desk/tickets/{ticket_id}/update")


def send(site, form, role="agent", **changes):
    return site.as_(role).post(form.action, data=form.filled(**changes))


def changes_of(site, ticket_id):
    """List what people changed, per version."""
    _, events = site.services.tickets.service.timeline(actor=site.actor("agent"), ticket_id=ticket_id)
    return [dict(event.changes) for event in events]


def test_a_ticket_for_a_customer(site, read):
    form = site.read("agent", "/desk/new").form("/desk/new")
    filled = {
        "requester_text": "Customer@Demo.example",
        "subject": "By phone",
        "body": "She called.",
        "priority": "high",
        "category": "invoices",
        "team_id": "devices",
        "assignee_id": site.users["agent"],
    }
    answers = [send(site, form, **filled) for _ in range(2)]
    assert answers[0].location == answers[1].location
    ticket = read(int(re.search(r"\d+", answers[0].location)[0]))
    assert (ticket.requester_id, ticket.priority, ticket.category) == (
        site.users["customer"],
        "high",
        "invoices",
    )
    assert (ticket.team_id, ticket.assignee_id, ticket.version) == ("devices", site.users["agent"], 1)
    assert "She called." in site.read("customer", f"/help/tickets/{ticket.ticket_id}").text


@pytest.mark.parametrize(
    ("wrong", "value"),
    [
        ("requester_text", "nobody@demo.example"),
        ("requester_text", "not an address"),
        ("requester_text", ""),
        ("requester_text", "x" * 5000),
        ("subject", ""),
        ("subject", "x" * 201),
        ("body", ""),
        ("body", "x" * 65 * KB),
        ("priority", "whatever"),
        ("priority", ""),
        ("category", "none such"),
        ("team_id", "none such"),
        ("assignee_id", "none such"),
        ("assignee_id", "x" * 5000),
    ],
)
def test_a_refused_ticket_keeps_what_was_written(site, wrong, value):
    form = site.read("agent", "/desk/new").form("/desk/new")
    filled = {
        "requester_text": "customer@demo.example",
        "subject": "Kept subject",
        "body": "Kept body",
        "priority": "low",
        "category": "invoices",
    } | {wrong: value}
    answer = send(site, form, **filled)
    assert answer.status_code == 400
    refilled = Page(answer.text).form("/desk/new")
    for name in {"requester_text", "subject", "body"} - {wrong}:
        assert refilled.one(name) == filled[name]
    assert refilled.one("message_id") == form.one("message_id")
    if wrong in ("subject", "body"):
        assert refilled.one(wrong) == value


def test_a_ticket_form_sent_again_with_other_input_is_shown_again(site):
    form = site.read("agent", "/desk/new").form("/desk/new")
    filled = {"requester_text": "customer@demo.example", "subject": "Lift", "body": "It is stuck."}
    first = int(send(site, form, **filled).location.rpartition("/")[2])
    again = send(site, form, **filled | {"body": "It moves again."})
    assert again.status_code == 422
    assert f"ticket #{first} was opened" in again.text
    second = Page(again.text).form("/desk/new")
    assert second.one("body") == "It moves again."
    assert int(send(site, second).location.rpartition("/")[2]) == first + 1


def test_a_message_sent_again_with_other_words_is_shown_again(site):
    ticket_id = site.ticket()
    form = composer(desk(site, ticket_id), ticket_id)
    assert send(site, form, kind="reply", body="One.", status="open").status_code == 302
    again = send(site, form, kind="reply", body="Two.", status="open")
    assert again.status_code == 422
    assert "sent this form before" in again.text
    second = composer(Page(again.text), ticket_id)
    assert second.one("body") == "Two."
    assert send(site, second, kind="reply", status="open").status_code == 302
    assert site.events(ticket_id)[1:] == [("replied", "One."), ("replied", "Two.")]


def test_a_reply_is_public_and_a_note_is_not(site, read):
    ticket_id = site.ticket()
    form = composer(desk(site, ticket_id), ticket_id)
    assert send(site, form, kind="reply", body="Have you tried water?", status="new").status_code == 302
    form = composer(desk(site, ticket_id), ticket_id)
    assert send(site, form, kind="note", body="He has not.", status="open").status_code == 302
    assert site.events(ticket_id)[1:] == [("replied", "Have you tried water?"), ("noted", "He has not.")]
    assert [event.public for event in site.history(ticket_id)] == [True, True, False]
    text = site.read("customer", f"/help/tickets/{ticket_id}").text
    assert "water" in text
    assert "He has not" not in text
    assert read(ticket_id).first_response_at is not None


@pytest.mark.parametrize("kind", ["", "REPLY", "public", "<b>", None])
def test_a_message_of_no_known_kind_stays_inside(site, kind):
    ticket_id = site.ticket()
    form = composer(desk(site, ticket_id), ticket_id)
    form.fields.pop("kind")
    send(site, form, body="To whom?", **({} if kind is None else {"kind": kind}))
    assert [event.public for event in site.history(ticket_id)] == [True, False]


def test_a_message_with_a_status_is_one_version(site, read):
    ticket_id = site.ticket()
    form = composer(desk(site, ticket_id), ticket_id)
    for _ in range(3):
        send(site, form, kind="reply", body="Done.", status="solved")
    assert read(ticket_id).version == 2
    assert read(ticket_id).status == "solved"


def test_properties_are_saved_as_one_version_and_only_what_was_touched(site, read):
    ticket_id = site.ticket()
    form = properties(desk(site, ticket_id), ticket_id)
    for name in ("status", "priority", "assignee_id", "team_id", "category"):
        assert form.one(name) == form.one(f"seen_{name}")
    answer = send(site, form, priority="high", assignee_id=site.users["agent"], team_id="billing")
    assert answer.status_code == 302
    assert changes_of(site, ticket_id)[1].keys() == {"priority", "assignee_id", "team_id"}
    again = send(site, form, priority="high", assignee_id=site.users["agent"], team_id="billing")
    assert again.status_code == 302
    assert read(ticket_id).version == 2


def test_an_untouched_form_writes_nothing(site, read):
    ticket_id = site.ticket()
    send(site, properties(desk(site, ticket_id), ticket_id))
    assert read(ticket_id).version == 1


def test_values_are_emptied(site, read):
    ticket_id = site.ticket()
    send(site, properties(desk(site, ticket_id), ticket_id), team_id="billing", category="invoices")
    send(site, properties(desk(site, ticket_id), ticket_id), team_id="", category="")
    assert (read(ticket_id).team_id, read(ticket_id).category) == (None, None)


def test_changes_of_different_fields_are_both_kept(site, read):
    ticket_id = site.ticket()
    form = properties(desk(site, ticket_id), ticket_id)
    send(site, form, priority="high")
    assert send(site, form, "manager", team_id="devices", csrf_token=site.token("manager")).status_code == 302
    assert (read(ticket_id).priority, read(ticket_id).team_id) == ("high", "devices")
    assert read(ticket_id).version == 3


@pytest.fixture
def field_conflict(site):
    """Bring a ticket to a conflict: the manager set priority and status, the agent wanted others."""
    ticket_id = site.ticket()
    page = desk(site, ticket_id)
    theirs = properties(desk(site, ticket_id, "manager"), ticket_id)
    send(site, theirs, "manager", priority="low", status="pending", team_id="devices")
    answer = send(site, properties(page, ticket_id), priority="urgent", status="on_hold", category="invoices")
    assert answer.status_code == 409
    return ticket_id, Page(answer.text), page


def resolving(page, ticket_id):
    return page.form(f"/desk/tickets/{ticket_id}/resolve")


def test_the_conflict_page_shows_all_three_values(site, read, field_conflict):
    ticket_id, page, _ = field_conflict
    for words in (
        "Normal",
        "Low",
        "Urgent",
        "New",
        "Pending",
        "On hold",
        "Manager Demo",
        "Nothing was overwritten",
    ):
        assert words in page.text
    assert "Devices" in page.text  # only they changed it
    assert "Invoices" in page.text  # only we did
    form = resolving(page, ticket_id)
    assert form.one("version") == "2"
    assert (form.one("choice_priority"), form.one("choice_status")) == ("theirs", "theirs")
    assert read(ticket_id).version == 2
    assert read(ticket_id).priority == "low"


def test_theirs_keeps_what_is_saved_and_adds_what_does_not_conflict(site, read, field_conflict):
    ticket_id, page, _ = field_conflict
    form = resolving(page, ticket_id)
    for _ in range(2):
        assert send(site, form).status_code == 302
    ticket = read(ticket_id)
    assert (ticket.priority, ticket.status, ticket.team_id, ticket.category) == (
        "low",
        "pending",
        "devices",
        "invoices",
    )
    assert ticket.version == 3
    assert changes_of(site, ticket_id)[2] == {"category": (None, "invoices")}


def test_one_choice_each(site, read, field_conflict):
    ticket_id, page, _ = field_conflict
    form = resolving(page, ticket_id)
    for _ in range(2):
        assert send(site, form, choice_priority="yours").status_code == 302
    ticket = read(ticket_id)
    assert (ticket.priority, ticket.status, ticket.category, ticket.version) == (
        "urgent",
        "pending",
        "invoices",
        3,
    )


def test_all_of_mine(site, read, field_conflict):
    ticket_id, page, _ = field_conflict
    form = resolving(page, ticket_id)
    assert ("all", "yours") in form.buttons
    for _ in range(2):
        assert send(site, form, all="yours").status_code == 302
    ticket = read(ticket_id)
    assert (ticket.priority, ticket.status, ticket.category, ticket.version) == (
        "urgent",
        "on_hold",
        "invoices",
        3,
    )
    assert ticket.team_id == "devices"


def test_a_choice_made_too_late_is_asked_again(site, read, field_conflict):
    ticket_id, page, _ = field_conflict
    send(site, properties(desk(site, ticket_id, "manager"), ticket_id), "manager", priority="high")
    answer = send(site, resolving(page, ticket_id), choice_priority="yours")
    assert answer.status_code == 409
    again = Page(answer.text)
    for words in ("Low", "High", "Urgent"):
        assert words in again.text
    assert read(ticket_id).version == 3
    form = resolving(again, ticket_id)
    assert form.one("version") == "3"
    assert send(site, form, choice_priority="yours").status_code == 302
    assert (read(ticket_id).priority, read(ticket_id).category) == ("urgent", "invoices")


def test_a_choice_too_late_about_other_fields_goes_through(site, read, field_conflict):
    ticket_id, page, _ = field_conflict
    send(site, properties(desk(site, ticket_id, "manager"), ticket_id), "manager", team_id="billing")
    assert send(site, resolving(page, ticket_id), choice_priority="yours").status_code == 302
    assert (read(ticket_id).priority, read(ticket_id).team_id) == ("urgent", "billing")


def test_an_emptied_field_conflicts_and_can_be_chosen(site, read):
    ticket_id = site.ticket()
    send(
        site, properties(desk(site, ticket_id), ticket_id), team_id="billing", assignee_id=site.users["agent"]
    )
    mine = properties(desk(site, ticket_id), ticket_id)
    theirs = properties(desk(site, ticket_id, "manager"), ticket_id)
    send(site, theirs, "manager", team_id="devices", assignee_id=site.users["manager"])
    answer = send(site, mine, team_id="", assignee_id="")
    assert answer.status_code == 409
    page = Page(answer.text)
    for words in ("Billing", "Devices", "Agent Demo", "Manager Demo"):
        assert words in page.text
    form = resolving(page, ticket_id)
    assert form.one("yours_team_id") == ""
    send(site, form, choice_team_id="yours")
    assert (read(ticket_id).team_id, read(ticket_id).assignee_id) == (None, site.users["manager"])


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_an_unsent_message_survives_the_conflict_and_goes_out_once(site, read, kind):
    ticket_id = site.ticket()
    mine = composer(desk(site, ticket_id), ticket_id)
    send(site, properties(desk(site, ticket_id, "manager"), ticket_id), "manager", status="on_hold")
    body = '\n  Indented, <b>bold</b> & "quoted"\n\nwith an end.'
    answer = send(site, mine, kind=kind, body=body, status="solved")
    assert answer.status_code == 409
    assert len(site.events(ticket_id)) == 2
    form = resolving(Page(answer.text), ticket_id)
    assert form.one("body") == body
    assert form.one("kind") == kind
    for _ in range(3):
        assert send(site, form, choice_status="yours").status_code == 302
    assert read(ticket_id).status == "solved"
    assert site.events(ticket_id)[2:] == [
        ("replied" if kind == "reply" else "noted", body.strip("\n").rstrip())
    ]
    assert site.history(ticket_id)[-1].public is (kind == "reply")


def test_an_unsent_message_with_theirs_chosen(site, read):
    ticket_id = site.ticket()
    mine = composer(desk(site, ticket_id), ticket_id)
    send(site, properties(desk(site, ticket_id, "manager"), ticket_id), "manager", status="on_hold")
    page = Page(send(site, mine, kind="reply", body="Hello.", status="solved").text)
    for _ in range(2):
        assert send(site, resolving(page, ticket_id)).status_code == 302
    assert read(ticket_id).status == "on_hold"
    assert site.events(ticket_id)[2:] == [("replied", "Hello.")]


def test_an_unsent_message_survives_a_second_conflict(site, read):
    ticket_id = site.ticket()
    mine = composer(desk(site, ticket_id), ticket_id)
    for status in ("on_hold", "pending"):
        send(site, properties(desk(site, ticket_id, "manager"), ticket_id), "manager", status=status)
        answer = send(site, mine, kind="note", body="Still here.", status="solved", choice_status="yours")
        assert answer.status_code == 409
        mine = resolving(Page(answer.text), ticket_id)
        assert mine.one("body") == "Still here."
    send(site, mine, choice_status="yours")
    assert read(ticket_id).status == "solved"
    assert [body for _, body in site.events(ticket_id)].count("Still here.") == 1


def test_a_message_alone_never_conflicts(site, read):
    ticket_id = site.ticket()
    mine = composer(desk(site, ticket_id), ticket_id)
    theirs = properties(desk(site, ticket_id, "manager"), ticket_id)
    send(site, theirs, "manager", status="on_hold", priority="urgent")
    assert send(site, mine, kind="note", body="Only words.", status="new").status_code == 302
    assert (read(ticket_id).status, read(ticket_id).version) == ("on_hold", 3)


BAD_VERSIONS = [
    "",
    "x",
    "-1",
    "1.0",
    "1e3",
    " 1",
    "\u00b2",
    "0x1",
    "9" * 9,
    "9" * 400,
    "1;2",
    "\x00",
    "\u0661\u0662",
]


@pytest.mark.parametrize("version", BAD_VERSIONS)
@pytest.mark.parametrize("action", ["reply", "update", "resolve"])
def test_a_version_that_cannot_be_is_refused(site, read, action, version):
    ticket_id = site.ticket()
    answer = site.post(
        "agent",
        f"/desk/tickets/{ticket_id}/{action}",
        version=version,
        body="Text",
        kind="note",
        priority="high",
        seen_priority="normal",
        choice_priority="yours",
        yours_priority="high",
    )
    assert answer.status_code == 400
    assert read(ticket_id).version == 1


def test_version_zero_sees_everything_as_new(site, read):
    ticket_id = site.ticket()
    answer = site.post("agent", f"/desk/tickets/{ticket_id}/update", version="0", priority="high")
    assert answer.status_code == 409
    assert read(ticket_id).version == 1


def test_resolving_takes_known_fields_alone(site, read):
    ticket_id = site.ticket()
    hostile = {
        "yours_requester_id": site.users["stranger"],
        "choice_requester_id": "yours",
        "yours_ticket_id": "1",
        "choice_ticket_id": "yours",
        "yours_created_at": "x",
        "choice_created_at": "yours",
        "yours_reopens": "9",
        "choice_reopens": "yours",
        "all": "yours",
    }
    site.post("agent", f"/desk/tickets/{ticket_id}/resolve", version="1", **hostile)
    assert read(ticket_id).requester_id == site.users["customer"]
    assert read(ticket_id).version == 1


PROPERTIES = ["status", "priority", "assignee_id", "team_id", "category"]
WRONG = [(name, value) for name in PROPERTIES for value in ("wrong", "<b>", "x" * 5000, "\x00")]


@pytest.mark.parametrize(("name", "value"), [*WRONG, ("status", ""), ("priority", "")])
def test_a_value_that_is_not_offered_is_refused(site, read, name, value):
    ticket_id = site.ticket()
    answer = send(site, properties(desk(site, ticket_id), ticket_id), **{name: value})
    assert answer.status_code == 400
    assert composer(Page(answer.text), ticket_id)
    assert properties(Page(answer.text), ticket_id).one(name) == value
    assert read(ticket_id).version == 1


def test_a_step_the_workflow_forbids_keeps_the_message(site, read):
    ticket_id = site.ticket()
    send(site, properties(desk(site, ticket_id), ticket_id), status="closed")
    form = composer(desk(site, ticket_id), ticket_id)
    answer = send(site, form, kind="note", body="A note\nof two lines.", status="pending")
    assert answer.status_code == 400
    page = Page(answer.text)
    assert "cannot go from Closed to Pending" in page.text
    refilled = composer(page, ticket_id)
    assert refilled.one("body") == "A note\nof two lines."
    assert refilled.one("kind") == "note"
    assert read(ticket_id).version == 2
    assert send(site, refilled, status="open").status_code == 302
    assert site.events(ticket_id)[2] == ("noted", "A note\nof two lines.")


def test_a_refused_property_form_shows_what_was_chosen(site, read):
    ticket_id = site.ticket()
    form = properties(desk(site, ticket_id), ticket_id)
    theirs = properties(desk(site, ticket_id, "manager"), ticket_id)
    send(site, theirs, "manager", category="invoices")
    answer = send(site, form, priority="high", team_id="billing", assignee_id="gone")
    assert answer.status_code == 400
    page = Page(answer.text)
    refilled = properties(page, ticket_id)
    assert (refilled.one("priority"), refilled.one("team_id"), refilled.one("assignee_id")) == (
        "high",
        "billing",
        "gone",
    )
    # What was seen stays what was seen, or sending the form again would overwrite the other's change.
    assert (refilled.one("seen_category"), refilled.one("seen_priority"), refilled.one("version")) == (
        "",
        "normal",
        "1",
    )
    assert "Tickets cannot be assigned to this person." in page.text
    assert ("p-assignee_id-error") in {has.get("id") for _, has in page.tags}
    assert send(site, refilled, assignee_id=site.users["agent"]).status_code == 302
    ticket = read(ticket_id)
    assert (ticket.priority, ticket.team_id, ticket.category, ticket.version) == (
        "high",
        "billing",
        "invoices",
        3,
    )


def test_a_forbidden_step_in_the_properties_changes_nothing(site, read):
    ticket_id = site.ticket()
    send(site, properties(desk(site, ticket_id), ticket_id), status="closed")
    form = properties(desk(site, ticket_id), ticket_id)
    assert set(form.offers["status"]) == {"closed", "open"}
    answer = send(site, form, status="pending", priority="high")
    assert answer.status_code == 400
    assert "cannot go from Closed to Pending" in Page(answer.text).text
    assert (read(ticket_id).status, read(ticket_id).priority) == ("closed", "normal")


@pytest.mark.parametrize("body", ["", "  \n ", "x" * 65 * KB])
def test_a_message_that_cannot_be_is_kept(site, read, body):
    ticket_id = site.ticket()
    answer = send(site, composer(desk(site, ticket_id), ticket_id), kind="note", body=body)
    assert answer.status_code == 400
    assert composer(Page(answer.text), ticket_id).one("body") == body
    assert composer(Page(answer.text), ticket_id).one("kind") == "note"
    assert read(ticket_id).version == 1


def test_too_many_at_one_ticket_keeps_the_message(site, read, monkeypatch):
    ticket_id = site.ticket()
    desk_form = composer(desk(site, ticket_id), ticket_id)
    help_form = site.read("customer", f"/help/tickets/{ticket_id}").form(f"/help/tickets/{ticket_id}/reply")
    changed = properties(desk(site, ticket_id), ticket_id)
    monkeypatch.setattr("services.tickets.writer.ATTEMPTS", 0)
    answers = [send(site, desk_form, body="Kept."), send(site, help_form, "customer", body="Kept.")]
    for answer, form in zip(answers, (desk_form, help_form), strict=True):
        assert answer.status_code == 409
        assert "Nothing was saved" in Page(answer.text).text
        assert Page(answer.text).form(form.action).one("body") == "Kept."
    assert send(site, changed, priority="high").status_code == 409
    assert read(ticket_id).version == 1


@pytest.mark.parametrize("action", ["reply", "update", "resolve"])
def test_a_ticket_that_is_not_there(site, action):
    answer = site.post(
        "agent",
        f"/desk/tickets/987654321/{action}",
        version="1",
        body="x",
        kind="note",
        yours_status="open",
        choice_status="yours",
        priority="high",
    )
    assert answer.status_code == 404


def test_a_timeline_names_people_and_teams(site):
    ticket_id = site.ticket()
    form = properties(desk(site, ticket_id), ticket_id)
    send(site, form, assignee_id=site.users["agent"], team_id="devices", category="invoices")
    text = desk(site, ticket_id, "manager").text
    for words in ("Agent Demo", "Devices", "Invoices", "Customer Demo", "It burns"):
        assert words in text


def test_neighbouring_changes_fold_and_the_latest_stands_alone(site):
    ticket_id = site.ticket()
    for version, priority in enumerate(("high", "urgent", "low"), 1):
        site.post("agent", f"/desk/tickets/{ticket_id}/update", version=str(version), priority=priority)
    text = desk(site, ticket_id).text
    assert "2 changes priority Normal to High, priority High to Urgent" in text
    assert text.count("Today") == 1
    folded = [
        has for tag, has in desk(site, ticket_id).tags if tag == "li" and "folded" in has.get("class", "")
    ]
    assert [has.get("id") for has in folded] == [None, "c4"]


def test_the_conflict_page_marks_the_words_that_differ(site):
    ticket_id = site.ticket(subject="Invoice 1183 charged twice after plan change")
    theirs = {"yours_subject": "Invoice 1183 charged twice (incident 311)", "choice_subject": "yours"}
    yours = {
        "yours_subject": "Refund: invoice 1183 charged twice after plan change",
        "choice_subject": "yours",
    }
    site.post("manager", f"/desk/tickets/{ticket_id}/resolve", version="1", **theirs)
    answer = site.post("agent", f"/desk/tickets/{ticket_id}/resolve", version="1", **yours)
    assert answer.status_code == 409
    assert re.findall("<ins>(.*?)</ins>", answer.text) == ["(incident 311)", "Refund:"]
    assert "Manager Demo saved version 2" in Page(answer.text).text


def test_the_conflict_page_tells_several_writers_apart(site):
    ticket_id = site.ticket()
    form = properties(desk(site, ticket_id), ticket_id)
    send(site, properties(desk(site, ticket_id, "manager"), ticket_id), "manager", priority="high")
    admin = properties(desk(site, ticket_id, "administrator"), ticket_id)
    send(site, admin, "administrator", status="pending")
    text = Page(send(site, form, priority="low", status="on_hold").text).text
    for words in ("Theirs \u00b7 Manager, saved", "Theirs \u00b7 Administrator, saved", "by several people"):
        assert words in text
