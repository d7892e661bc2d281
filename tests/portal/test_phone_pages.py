"""Phone numbers on pages: entered for a person, shown as a link, found, exported, and added with a call."""

import re

from services.users.identity import SYSTEM


def test_an_administrator_enters_it_and_agents_call_it(site):
    accounts = site.services.users.accounts
    user_id = site.users["customer"]
    address = f"/admin/users/edit/?id={user_id}"
    form = next(each for each in site.read("administrator", address).forms if "phone" in each.fields)
    refused = site.as_("administrator").post(address, data=form.filled(phone="call me"))
    assert "Enter a phone number such as +370 5 266 1183." in refused.text
    assert accounts.get(user_id, fresh=True).phone is None
    saved = site.as_("administrator").post(address, data=form.filled(phone="+370 5 266 1183"))
    assert saved.status_code == 302
    link = '<a href="tel:+37052661183">+370 5 266 1183</a>'
    assert link in site.as_("agent").get(f"/desk/people/{user_id}").text
    assert link in site.as_("agent").get(f"/desk/tickets/{site.ticket()}").text
    assert user_id in site.as_("agent").get("/lookup/requester?q=266-1183").text
    assert "+370 5 266 1183" in site.as_("administrator").get("/admin/users/export/csv/").text
    assert "phone" in site.as_("administrator").get(f"/admin/audit-log/?what=user:{user_id}").text


def test_a_call_adds_the_number_with_the_person(site):
    form = site.read("agent", "/desk/new?channel=phone").form("/desk/new")
    told = site.as_("agent").get("/desk/caller", query_string={"q": "Lena Voss, +49 30 5550 174"}).json
    assert told["phone"] == "+49 30 5550 174"
    filled = form.filled(person_name=told["name"], person_phone=told["phone"], subject="s", body="b")
    number = int(re.search(r"\d+", site.as_("agent").post(form.action, data=filled).location)[0])
    ticket = site.services.tickets.service.get(actor=SYSTEM, ticket_id=number)
    assert site.services.users.accounts.get(ticket.requester_id).phone == "+49 30 5550 174"
    known = site.as_("agent").get("/desk/caller", query_string={"q": "030 5550174"}).json
    assert [one["name"] for one in known["alike"]] == ["Lena Voss"]
    another_spelling = site.as_("agent").get("/desk/caller", query_string={"q": "L. Foss, 030 5550174"}).json
    assert [one["name"] for one in another_spelling["alike"]] == ["Lena Voss"]
