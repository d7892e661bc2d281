"""The customers' pages: what they can do, what they can never see, and what happens to wrong input."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from services.users.identity import SYSTEM
from tests.portal.pages import Page

KB = 1024


def new_form(site, role="customer"):
    return site.read(role, "/help/new").form("/help/new")


def send(site, form, role="customer", **changes):
    return site.as_(role).post(form.action, data=form.filled(**changes))


def number(answer):
    assert answer.status_code == 302, answer.text
    return int(re.search(r"/tickets/(\d+)", answer.location)[1])


def system_update(site, ticket_id, **changes):
    now = datetime.now(UTC)
    present = site.services.tickets.service.get(actor=SYSTEM, ticket_id=ticket_id)
    site.services.tickets.service.update(
        actor=SYSTEM, now=now, ticket_id=ticket_id, expected_version=present.version, changes=changes
    )


OPEN_SOLVED_ALL = ("?state=open", "?state=solved", "")


def sign_in(site, email):
    client = site.app.test_client()
    form = Page(client.get("/login").text).form("/login")
    client.post("/login", data=form.filled(email=email, password="correct horse battery staple"))
    return client


def cards(site, path="/help/"):
    return re.split(r'class="ticket-card"', site.as_("customer").get(path).text)[1:]


def listed(site, path, role="stranger"):
    """Walk a list from its first page to its last and return the tickets in the order they came."""
    numbers = []
    for _ in range(30):
        text = site.as_(role).get(path).text
        numbers += [int(number) for number in re.findall(r'href="/help/tickets/(\d+)"', text)]
        older = re.search(r'rel="next" href="([^"]+)"', text)
        if older is None:
            return numbers
        path = older[1].replace("&amp;", "&")
    raise AssertionError("the list does not end")


def tickets_of(site, role):
    mine = site.services.tickets.service.get_tickets_by_user
    return mine(actor=site.actor(role), user_id=site.users[role], size=100).rows


def test_a_ticket_is_created_answered_solved_and_reopened(site, read):
    form = new_form(site)
    assert "invoices" in form.offers["category"]
    ticket_id = number(send(site, form, subject="No toner", body="It is empty.", category="invoices"))
    assert read(ticket_id).category == "invoices"
    assert f"/help/tickets/{ticket_id}" in site.read("customer", "/help/").links

    page = site.read("customer", f"/help/tickets/{ticket_id}")
    assert "It is empty." in page.text
    send(site, page.form(f"/help/tickets/{ticket_id}/reply"), body="Still empty.")
    page = site.read("customer", f"/help/tickets/{ticket_id}")
    assert "Still empty." in page.text

    send(site, page.form(f"/help/tickets/{ticket_id}/solve"))
    assert read(ticket_id).status == "solved"
    page = site.read("customer", f"/help/tickets/{ticket_id}")
    assert not [form for form in page.forms if form.action.endswith("/solve")]
    send(site, page.form(f"/help/tickets/{ticket_id}/reply"), body="Not solved after all.")
    assert read(ticket_id).status == "open"
    kinds = [kind for kind, _ in site.events(ticket_id)]
    assert kinds == ["created", "replied", "changed", "replied"]
    assert read(ticket_id).reopens == 1


def test_solving_twice_is_solving_once(site, read):
    ticket_id = site.ticket()
    for _ in range(2):
        assert site.post("customer", f"/help/tickets/{ticket_id}/solve").status_code == 302
    assert read(ticket_id).version == 2


def test_a_form_sent_twice_creates_one_ticket(site):
    form = new_form(site)
    filled = {"subject": "Sent twice", "body": "By a double click."}
    assert number(send(site, form, **filled)) == number(send(site, form, **filled))
    assert [row.subject for row in tickets_of(site, "customer")].count("Sent twice") == 1


def test_a_form_sent_again_with_other_input_is_shown_again(site):
    """The first ticket is named, nothing is lost, and sending it once more opens another one."""
    form = new_form(site)
    first = number(send(site, form, subject="Lift", body="It is stuck."))
    again = send(site, form, subject="Lift", body="It moves again.")
    assert again.status_code == 422
    page = Page(again.text)
    assert f"ticket #{first} was opened" in page.text
    second = page.form("/help/new")
    assert second.one("body") == "It moves again."
    assert second.one("message_id") != form.one("message_id")
    assert number(send(site, second)) == first + 1
    assert site.events(first) == [("created", "It is stuck.")]


def test_a_reply_sent_again_with_other_words_is_shown_again(site):
    ticket_id = site.ticket()
    form = site.read("customer", f"/help/tickets/{ticket_id}").form(f"/help/tickets/{ticket_id}/reply")
    assert send(site, form, body="One.").status_code == 302
    again = send(site, form, body="Two.")
    assert again.status_code == 422
    second = Page(again.text).form(f"/help/tickets/{ticket_id}/reply")
    assert second.one("body") == "Two."
    assert send(site, second).status_code == 302
    assert site.events(ticket_id)[1:] == [("replied", "One."), ("replied", "Two.")]


def test_the_same_words_in_another_form_are_another_ticket(site):
    filled = {"subject": "Again", "body": "It happened again."}
    assert number(send(site, new_form(site), **filled)) != number(send(site, new_form(site), **filled))


def test_two_people_with_the_same_form_key_have_a_ticket_each(site):
    key = "a" * 32
    numbers = [
        number(send(site, new_form(site, role), role, subject="Mine", body="Mine.", message_id=key))
        for role in ("customer", "stranger")
    ]
    assert len(set(numbers)) == 2


def test_a_reply_sent_twice_is_written_once(site):
    ticket_id = site.ticket()
    form = site.read("customer", f"/help/tickets/{ticket_id}").form(f"/help/tickets/{ticket_id}/reply")
    for _ in range(3):
        assert send(site, form, body="Once, please.").status_code == 302
    assert site.events(ticket_id)[1:] == [("replied", "Once, please.")]


@pytest.mark.parametrize("key", ["", "x", "A" * 32, "a" * 33, "a" * 5000, "'; --", "\x00" * 32])
def test_a_strange_form_key_is_no_key(site, key):
    ticket_id = number(send(site, new_form(site), subject="Odd key", body="Odd.", message_id=key))
    assert site.events(ticket_id) == [("created", "Odd.")]


def test_somebody_elses_ticket_does_not_exist_by_any_route(site):
    ticket_id, nothing = site.ticket("stranger", subject="Private matter"), 10**9
    before = site.events(ticket_id)
    for number_ in (ticket_id, nothing):
        answers = [
            site.as_("customer").get(f"/help/tickets/{number_}"),
            site.post("customer", f"/help/tickets/{number_}/reply", body="Let me in."),
            site.post("customer", f"/help/tickets/{number_}/solve"),
        ]
        for answer in answers:
            assert answer.status_code == 404
            assert "Private matter" not in answer.text
    varying = re.compile(r"[0-9a-f]{4}-[0-9a-f]{4} ?, \d+ \w+ \d+ [\d:]+")
    known, unknown = (
        Page(site.as_("customer").get(f"/help/tickets/{each}").text).text for each in (ticket_id, nothing)
    )
    assert varying.sub("", known) == varying.sub("", unknown)
    for path in (
        f"/desk/tickets/{ticket_id}",
        f"/desk/tickets/{ticket_id}/reply",
        f"/desk/tickets/{ticket_id}/update",
        f"/desk/tickets/{ticket_id}/resolve",
    ):
        assert site.post("customer", path, version="1", body="Let me in.", kind="note").status_code in (
            403,
            405,
        )
    assert site.events(ticket_id) == before
    assert f"/help/tickets/{ticket_id}" not in site.read("customer", "/help/").links


def test_a_customer_reaches_no_page_of_the_desk_even_for_their_own_ticket(site):
    ticket_id = site.ticket()
    assert site.as_("customer").get(f"/desk/tickets/{ticket_id}").status_code == 403
    for path in (
        "/desk/tickets/",
        "/desk/tickets/export/csv/",
        f"/desk/tickets/edit/?id={ticket_id}",
        f"/desk/tickets/details/?id={ticket_id}",
    ):
        assert site.as_("customer").get(path).status_code == 403
    token = {"X-CSRFToken": site.token("customer")}
    edit = {"pk": str(ticket_id), "field": "status", "value": "closed", "version": 1}
    answer = site.as_("customer").post("/desk/tickets/ajax/update/", json=edit, headers=token)
    assert answer.status_code == 403
    bulk = {"action": "status", "value": "closed", "rowid": f"{ticket_id}:1"}
    assert site.post("customer", "/desk/tickets/action/", **bulk).status_code == 403
    for action in ("reply", "update", "resolve"):
        answer = site.post(
            "customer",
            f"/desk/tickets/{ticket_id}/{action}",
            version="1",
            body="x",
            kind="note",
            status="closed",
        )
        assert answer.status_code == 403
    assert len(site.events(ticket_id)) == 1


def test_what_is_internal_never_reaches_a_page_of_customers(site):
    ticket_id = site.ticket()
    agent = site.actor("agent")
    site.services.tickets.service.update(
        actor=agent,
        now=datetime.now(UTC),
        ticket_id=ticket_id,
        expected_version=1,
        changes={"priority": "urgent", "assignee_id": site.users["agent"], "team_id": "devices"},
        body="INTERNAL: they never pay",
        public=False,
    )
    site.services.tickets.service.update(
        actor=agent,
        now=datetime.now(UTC),
        ticket_id=ticket_id,
        expected_version=2,
        changes={"status": "pending"},
        body="PUBLIC: which model is it?",
        public=True,
    )
    answer = site.as_("customer").get(f"/help/tickets/{ticket_id}")
    assert "PUBLIC" in answer.text
    assert "INTERNAL" not in answer.text
    assert "urgent" not in answer.text.lower()
    refused = site.post("customer", f"/help/tickets/{ticket_id}/reply", body="")
    assert refused.status_code == 400
    assert "INTERNAL" not in refused.text
    assert "INTERNAL" not in site.as_("customer").get("/help/").text


def test_the_customers_page_of_a_ticket_shows_public_messages_alone_whoever_looks(site):
    ticket_id = site.ticket()
    site.services.tickets.service.update(
        actor=site.actor("agent"),
        now=datetime.now(UTC),
        ticket_id=ticket_id,
        expected_version=1,
        changes={},
        body="INTERNAL: shown as if it were public",
        public=False,
    )
    assert "INTERNAL" not in site.as_("agent").get(f"/help/tickets/{ticket_id}").text


def test_an_agent_does_not_answer_in_the_customers_place(site):
    ticket_id = site.ticket()
    assert site.post("agent", f"/help/tickets/{ticket_id}/reply", body="Not mine.").status_code == 403
    assert site.post("agent", f"/help/tickets/{ticket_id}/solve").status_code == 403
    assert len(site.events(ticket_id)) == 1


def test_a_subject_has_at_most_200_characters(site, read):
    ticket_id = number(send(site, new_form(site), subject="é" * 200, body="Long."))
    assert read(ticket_id).subject == "é" * 200
    refused = send(site, new_form(site), subject="é" * 201, body="Kept text.", category="invoices")
    assert refused.status_code == 400
    page = Page(refused.text)
    assert "at most 200 characters" in page.text
    form = page.form("/help/new")
    assert form.one("subject") == "é" * 201
    assert form.one("body") == "Kept text."
    assert form.one("category") == "invoices"


@pytest.mark.parametrize("character", ["x", "é", "\N{GRINNING FACE}", "\n"])
def test_a_body_of_64_kb_goes_through_and_more_is_refused_with_the_text_kept(site, character):
    size = len(character.encode())
    whole = "a" + character * ((64 * KB - 2) // size) + "b"
    ticket_id = number(send(site, new_form(site), subject="Whole", body=whole))
    assert site.events(ticket_id)[0][1] == whole

    more = whole + character * (KB // size) + "c"
    form = new_form(site)
    refused = send(site, form, subject="Too long", body=more)
    assert refused.status_code == 400
    again = Page(refused.text)
    assert "at most 64 KB" in again.text
    assert again.form("/help/new").one("body").replace("\r\n", "\n") == more
    assert again.form("/help/new").one("subject") == "Too long"
    assert again.form("/help/new").one("message_id") == form.one("message_id")
    answer = send(site, again.form("/help/new"), body="Shorter.")
    assert site.events(number(answer)) == [("created", "Shorter.")]


def test_a_reply_that_is_too_long_is_kept_too(site):
    ticket_id = site.ticket()
    form = site.read("customer", f"/help/tickets/{ticket_id}").form(f"/help/tickets/{ticket_id}/reply")
    refused = send(site, form, body="x" * 65 * KB)
    assert refused.status_code == 400
    page = Page(refused.text)
    assert "at most 64 KB" in page.text
    form = page.form(f"/help/tickets/{ticket_id}/reply")
    assert form.one("body") == "x" * 65 * KB
    assert len(site.events(ticket_id)) == 1


@pytest.mark.parametrize("path", ["/help/new", "/desk/new", "/login", "/desk/tickets/ajax/update/"])
def test_a_megabyte_is_refused_with_a_page(site, path):
    answer = site.as_("agent").post(path, data={"csrf_token": site.token("agent"), "body": "x" * KB * KB})
    assert answer.status_code == 413
    text = Page(answer.text).text
    assert "This is too large" in text
    assert "at most 64 KB" in text
    assert "Back to the form" in text


def test_a_flood_of_parts_is_refused(site):
    many = {f"field{n}": "x" for n in range(600)}
    answer = site.as_("customer").post("/help/new", data=many, content_type="multipart/form-data")
    assert answer.status_code == 413


@pytest.mark.parametrize("missing", ["", "   ", "\n\n", "\u200b", "\x00\x07"])
@pytest.mark.parametrize("name", ["subject", "body"])
def test_nothing_but_blanks_is_nothing(site, name, missing):
    filled = {"subject": "Something", "body": "Something.", name: missing}
    refused = send(site, new_form(site), **filled)
    assert refused.status_code == 400
    other = "body" if name == "subject" else "subject"
    assert Page(refused.text).form("/help/new").one(other) == filled[other]


def test_all_that_is_missing_is_listed_at_once(site):
    refused = send(site, new_form(site), subject="  ", body="\n")
    assert refused.status_code == 400
    assert "Write a subject first." in refused.text
    assert "Write a message first." in refused.text


def test_a_category_that_is_for_the_desk_only_is_not_offered(site):
    site.services.catalog.upsert("category", [("cat-55", "Category 55")])
    assert "cat-55" not in new_form(site).offers["category"]
    refused = send(site, new_form(site), subject="Odd", body="Odd.", category="cat-55")
    assert refused.status_code == 400
    assert "cat-55" in site.read("agent", "/desk/new").form("/desk/new").offers["category"]
    path = "/admin/categories/"
    assert "Offered to customers" in site.read("administrator", path).text
    assert "Offered to customers" not in site.read("administrator", "/admin/teams/").text
    edit = f"{path}edit/?id=cat-55"
    form = next(form for form in site.read("administrator", edit).forms if "name" in form.fields)
    filled = form.filled(offered_to_customers="1")
    assert site.as_("administrator").post(edit, data=filled).status_code == 302
    assert "cat-55" in new_form(site).offers["category"]


def test_a_category_that_is_not_offered_is_refused(site):
    refused = send(site, new_form(site), subject="Odd", body="Odd.", category="<b>")
    assert refused.status_code == 400
    assert "This category does not exist" in refused.text


def test_a_form_does_not_set_what_it_does_not_show(site, read):
    ticket_id = number(
        send(
            site,
            new_form(site),
            subject="Sly",
            body="Sly.",
            priority="urgent",
            status="closed",
            team_id="billing",
            assignee_id=site.users["agent"],
            requester_id=site.users["stranger"],
            channel="phone",
        )
    )
    ticket = read(ticket_id)
    assert (ticket.priority, ticket.status, ticket.team_id, ticket.assignee_id) == (
        "normal",
        "new",
        None,
        None,
    )
    assert (ticket.requester_id, ticket.channel) == (site.users["customer"], "web")


def test_a_ticket_closed_long_ago_does_not_open_again(site, monkeypatch):
    ticket_id = site.ticket()
    system_update(site, ticket_id, status="closed")
    page = site.read("customer", f"/help/tickets/{ticket_id}")
    form = page.form(f"/help/tickets/{ticket_id}/reply")
    monkeypatch.setattr("portal.customer.views.now", lambda: datetime.now(UTC) + timedelta(days=15))
    monkeypatch.setattr("portal.customer.pages.now", lambda: datetime.now(UTC) + timedelta(days=15))
    refused = send(site, form, body="Too late.")
    assert refused.status_code == 409
    assert "This ticket is closed" in Page(refused.text).text
    assert not [f for f in Page(refused.text).forms if f.action.endswith("/reply")]


@pytest.mark.parametrize("cursor", ["x", "x" * 9000, "%00", "eyJhIjoxfQ.sig", "-1", "\N{GRINNING FACE}"])
@pytest.mark.parametrize("state", ["", "open", "solved"])
def test_a_cursor_nobody_gave_out_is_refused(site, state, cursor):
    answer = site.as_("customer").get("/help/tickets", query_string={"cursor": cursor, "state": state})
    assert answer.status_code == 400


@pytest.mark.parametrize("state", ["x", "done", "x" * 9000, "open'--"])
def test_a_list_that_there_is_not_is_refused(site, state):
    assert site.as_("customer").get("/help/tickets", query_string={"state": state}).status_code == 400


def test_every_open_ticket_and_every_solved_one_can_be_reached(site):
    created = {site.ticket("stranger", subject=f"Open {n}") for n in range(53)}
    done = {site.ticket("stranger", subject=f"Done {n}") for n in range(23)}
    for ticket_id in done:
        system_update(site, ticket_id, status="solved")
    open_ones, solved, together = (listed(site, f"/help/tickets{more}") for more in OPEN_SOLVED_ALL)
    assert created <= set(open_ones)
    assert done <= set(solved)
    assert not set(open_ones) & set(solved)
    assert set(together) == set(open_ones) | set(solved)
    assert [len(set(one)) for one in (open_ones, solved, together)] == [
        len(one) for one in (open_ones, solved, together)
    ]
    front = site.read("stranger", "/help/")
    newest = [link for link in front.links if re.fullmatch(r"/help/tickets/\d+", link)]
    assert [int(link.rsplit("/", 1)[1]) for link in newest] == open_ones[:5]
    assert "My tickets 25+ open" in front.text


def test_the_second_line_says_what_is_known_of_the_last_change(site):
    ticket_id = site.ticket(subject="What is known")
    card = next(line for line in cards(site) if "What is known" in line)
    assert "Opened today at" in card
    assert "Received" in card
    system_update(site, ticket_id, team_id="billing", status="pending")
    card = next(line for line in cards(site) if "What is known" in line)
    assert "With Billing, last change today at" in card
    assert "Waiting for your answer" in card


def test_somebody_without_open_tickets_is_told_whether_there_are_others(site):
    site.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name="Newly Come", email="newly@demo.example",
        role_id="customer", password="correct horse battery staple",
    )  # fmt: skip
    newcomer = site.services.users.accounts.find_by_email("newly@demo.example")
    site.users["newcomer"], site.clients["newcomer"] = newcomer.user_id, sign_in(site, "newly@demo.example")
    assert "No tickets yet" in site.read("newcomer", "/help/").text
    assert "No tickets yet" in site.read("newcomer", "/help/tickets").text
    system_update(site, site.ticket("newcomer"), status="solved")
    assert "No open tickets" in site.read("newcomer", "/help/").text
    assert "No open tickets" in site.read("newcomer", "/help/tickets?state=open").text


@pytest.mark.parametrize("number_", ["0", "99999999999999999999999", "1.5", "-1", "abc", "%31%00"])
def test_an_odd_ticket_number_is_not_found(site, number_):
    assert site.as_("customer").get(f"/help/tickets/{number_}").status_code == 404
