"""A form that did not come from this site changes nothing, whatever it is posted to."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.csrf import mask, unmask
from tests.portal.conftest import PASSWORD
from tests.writes import recorded

PLAUSIBLE = {
    "subject": "Forged",
    "body": "Forged",
    "kind": "reply",
    "status": "solved",
    "priority": "urgent",
    "version": "1",
    "seen_status": "new",
    "seen_priority": "normal",
    "all": "yours",
    "yours_status": "solved",
    "requester_text": "customer@demo.example",
    "name": "Forged",
    "email": "forged@demo.example",
    "theme": "dark",
    "role_id": "administrator",
    "active": "true",
    "password": PASSWORD,
    "action": "status",
    "value": "solved",
    "next": "/",
}


def posting_rules(site):
    """List what takes forms; the API takes tokens alone, and test_api.py shows it."""
    rules = [rule for rule in site.app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    return [rule for rule in rules if not rule.endpoint.startswith("api.")]


def address_of(site, rule, ticket_id):
    known = {"ticket_id": ticket_id, "purpose": "reset"}
    values = {name: known.get(name, "1") for name in rule.arguments}
    address = site.app.url_map.bind("localhost").build(rule.endpoint, values, append_unknown=False)
    who = {"users.edit_view": site.users["customer"], "teams.edit_view": "billing"}
    return f"{address}?id={who.get(rule.endpoint, ticket_id)}"


def refused(answer, role):
    """Who is signed out is led to the sign-in page, where anything but a form of everybody's was sent."""
    return answer.status_code == 400 or (
        role == "anonymous" and answer.status_code == 302 and answer.location.startswith("/login")
    )


@pytest.mark.parametrize("token", [None, "", "forged", "x" * 5000])
@pytest.mark.parametrize("role", ["anonymous", "customer", "administrator"])
def test_no_route_takes_a_form_without_the_token(site, role, token):
    ticket_id = site.ticket()
    rules = posting_rules(site)
    assert len(rules) > 20
    fields = {**PLAUSIBLE, "rowid": str(ticket_id), "id": str(ticket_id)}
    if token is not None:
        fields["csrf_token"] = token
    with recorded() as writes:
        answers = [site.as_(role).post(address_of(site, rule, ticket_id), data=fields) for rule in rules]
    accepted = [
        f"{rule.rule}: {answer.status_code}"
        for rule, answer in zip(rules, answers, strict=True)
        if not refused(answer, role)
    ]
    assert not accepted, f"taken without the token: {accepted}"
    assert writes == []


def test_no_route_takes_json_without_the_token(site):
    ticket_id = site.ticket()
    edit = {"pk": str(ticket_id), "field": "status", "value": "solved", "version": 1}
    with recorded() as writes:
        for rule in posting_rules(site):
            answer = site.as_("administrator").post(address_of(site, rule, ticket_id), json=edit)
            assert answer.status_code == 400, rule.rule
            assert answer.content_type == "application/problem+json", rule.rule
    assert writes == []


def test_no_two_pages_carry_the_same_token(site):
    client = site.as_("customer")
    tokens = {
        re.search(r'name="csrf_token" value="([^"]+)"', client.get("/help/new").text)[1] for _ in range(3)
    }
    assert len(tokens) == 3
    assert all(unmask(token).startswith("I") for token in tokens)  # what Flask-WTF signs is a JSON text
    for token in tokens:
        fields = {"subject": "Any of them", "body": "works", "csrf_token": token}
        assert client.post("/help/new", data=fields).status_code == 302


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_what_is_masked_can_be_unmasked(plain):
    assert unmask(mask(plain)) == plain


@given(st.text())
def test_nonsense_is_not_a_token(text):
    plain = unmask(text)
    assert plain is None or len(plain.encode()) * 2 <= len(text)


def test_a_token_of_somebody_else_is_no_token(site):
    theirs = site.token("agent")
    answer = site.as_("customer").post("/help/new", data={**PLAUSIBLE, "csrf_token": theirs})
    assert answer.status_code == 400


def test_the_refusal_says_what_to_do(site):
    answer = site.as_("agent").post("/desk/new", data=PLAUSIBLE)
    assert "Nothing was changed" in answer.text
    assert "Load it again" in answer.text


def test_scripts_send_the_token_in_a_header(site):
    ticket_id = site.ticket()
    answer = site.as_("agent").post(
        "/desk/tickets/ajax/update/",
        json={"pk": str(ticket_id), "field": "priority", "value": "high", "version": 1},
        headers={"X-CSRFToken": site.token("agent")},
    )
    assert answer.status_code == 200
