"""The ways into an account on pages: invitations, addresses, registration; and those who try them out."""

import re
from datetime import UTC, datetime

import pytest

from models import user as user_table
from models.user import User
from services.users.identity import SYSTEM
from tests.portal.conftest import PASSWORD, TOKEN
from tests.portal.pages import Page
from tests.portal.test_account_pages import NONCE, messages, post
from tests.portal.test_signing_in import attempt

ANOTHER = "violet tractor under snowfall"
LINK = re.compile(r"(https?://[^/\s\"]+)(/(?:account/\w+|register)/[\w.\-]+)")
FORM_TOKEN = re.compile(r'name="csrf_token" value="[^"]+"')
HUGE = "x" * 10_000_000


@pytest.fixture
def person(site):
    """Somebody of their own for each test, with a browser that is signed in."""
    email = f"own{len(site.users)}@ways.example"
    user = site.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name="Own Person", email=email, role_id="customer",
        password=PASSWORD,
    )  # fmt: skip
    site.users[email] = user.user_id
    client = site.app.test_client()
    assert attempt(client, email).status_code == 302
    return client, email


@pytest.fixture
def rule(site):
    """Give a function that says, on the page, who may make an account; at the end it is nobody."""

    def kept(registration, domains=""):
        page = site.read("administrator", "/admin/access/")
        sent = page.form("/admin/access/").filled(registration=registration, domains=domains)
        return site.as_("administrator").post("/admin/access/", data=sent)

    yield kept
    kept("off")


def ask(client, email, **fields):
    return post(client, "/register", "/register", **{"name": "Nia New", "email": email, **fields})


def links(site, email):
    """Return the addresses of the links sent to an address."""
    return [link for message in messages(site, email) for _, link in set(LINK.findall(message))]


def plain(answer):
    """Return a page without what differs each time."""
    return FORM_TOKEN.sub("", NONCE.sub("", answer.text))


def no_look(*_):
    raise AssertionError("whether the address is known was looked up")


# Invitations


def test_an_invitation_from_the_grid_to_the_first_sign_in(site):
    page = site.read("administrator", "/admin/users/new/")
    form = next(form for form in page.forms if form.action == "" and form.method == "post")
    assert "password" not in form.fields
    sent = form.filled(name="Ida Invited", email="ida@ways.example", role_id="agent")
    assert site.as_("administrator").post("/admin/users/new/", data=sent).status_code == 302
    assert "Invited" in site.read("administrator", "/admin/users/?search=ida").text
    (link,) = links(site, "ida@ways.example")
    stranger = site.app.test_client()
    assert post(stranger, link, link, password=PASSWORD).status_code == 302
    assert attempt(stranger, "ida@ways.example").status_code == 302
    row = site.read("administrator", "/admin/users/?search=ida").text
    assert "Active" in row
    assert "Ida Invited Agent Invited" not in row
    assert post(site.app.test_client(), link, "/login", password=ANOTHER).status_code == 400


def test_an_invitation_is_sent_again(site):
    user = site.services.users.accounts.create(
        actor=SYSTEM, now=datetime.now(UTC), name="Ari Again", email="ari@ways.example", role_id="agent"
    )
    path = f"/admin/users/edit/?id={user.user_id}"
    (first,) = links(site, "ari@ways.example")
    form = site.read("administrator", path).form("/admin/users/invite/")
    admin = site.as_("administrator")
    answer = admin.post(form.action, data=form.filled(), follow_redirects=True)
    assert "We are sending Ari Again a new invitation." in Page(answer.text).text
    (second,) = set(links(site, "ari@ways.example")) - {first}
    assert [site.app.test_client().get(link).status_code for link in (first, second)] == [400, 200]
    assert site.post("manager", form.action, id=user.user_id).status_code == 403
    assert site.post("administrator", form.action, id="nobody").status_code == 404
    sent = admin.post(form.action, data=form.filled(id=site.users["agent"]), follow_redirects=True)
    assert "can already sign in" in Page(sent.text).text
    assert "/admin/users/invite/" not in sent.text


# One's own address


def test_changing_ones_own_address(site, person):
    client, email = person
    new = f"new.{email}"
    answer = post(client, "/account/email", "/account/", email=new, proof=PASSWORD)
    assert answer.status_code == 302
    assert f"We sent a link to {new}" in Page(client.get("/account/").text).text
    (link,) = links(site, new)
    stranger = site.app.test_client()
    for _ in range(2):
        assert stranger.get(link).status_code == stranger.head(link).status_code == 200
    assert stranger.post(link).status_code == 400, "a form of ours sends a token"
    assert user_table.find_by_email(new) is None, "looking confirms nothing"
    assert post(stranger, link, link).status_code == 302
    assert attempt(site.app.test_client(), new).status_code == 302
    assert attempt(site.app.test_client(), email).status_code == 400
    assert "Confirmed" in Page(client.get("/account/").text).text
    assert stranger.get(link).status_code == post(stranger, link, "/login").status_code == 400
    assert any("has been changed" in message for message in messages(site, email))


def test_an_unconfirmed_address_can_be_confirmed(site, person):
    client, email = person
    form = Page(client.get("/account/").text).form("/account/email/confirm")
    client.post(form.action, data=form.filled())
    (link,) = links(site, email)
    post(client, link, link)
    assert user_table.find_by_email(email).verified_at
    assert "/account/email/confirm" not in client.get("/account/").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"proof": "wrong"}, "This is not your password."),
        ({"email": "no address"}, "Enter an email address"),
        ({"email": "\u0430na@ways.example"}, "can only have letters without accents"),
        ({}, "Enter an email address"),
    ],
)
def test_a_change_of_address_that_cannot_be(person, fields, words):
    client, email = person
    sent = {"email": f"x.{email}", "proof": PASSWORD} | fields if fields else {}
    answer = post(client, "/account/email", "/account/", **sent)
    assert answer.status_code == 400
    assert words in Page(answer.text).text
    assert PASSWORD not in answer.text


def test_asking_for_an_address_says_nothing_about_it(site, person, monkeypatch):
    client, _ = person
    monkeypatch.setattr(user_table, "find_by_email", no_look)
    responses = []
    for email in ("agent@demo.example", "nobody@ways.example"):
        post(client, "/account/email", "/account/", email=email, proof=PASSWORD)
        responses.append(Page(client.get("/account/").text).text.replace(email, "ADDRESS"))
    assert responses[0] == responses[1]


# Registration


def test_registration_is_off_until_it_is_turned_on(site, rule):
    stranger = site.app.test_client()
    assert stranger.get("/register").status_code == 404
    token = TOKEN.search(stranger.get("/login").text)[1]
    fields = {"csrf_token": token, "name": "Nia", "email": "nia@ways.example"}
    assert stranger.post("/register", data=fields).status_code == 404
    assert "/register" not in stranger.get("/login").text
    assert rule("on").status_code == 302
    assert "/register" in Page(stranger.get("/login").text).links
    assert messages(site, "nia@ways.example") == []


def test_an_account_of_ones_own(site, rule):
    rule("domains", "Ways.Example")
    stranger = site.app.test_client()
    assert "we have sent you an email" in ask(stranger, "NIA@ways.example").text
    (link,) = links(site, "nia@ways.example")
    assert "nia@ways.example" in stranger.get(link).text
    refused = post(stranger, link, link, password="short", email="shown@ways.example")
    assert refused.status_code == 400
    assert user_table.find_by_email("nia@ways.example") is None
    assert post(stranger, link, link, password=PASSWORD).location == "/login?email=nia@ways.example"
    assert attempt(stranger, "nia@ways.example").status_code == 302
    assert stranger.get("/help/").status_code == 200
    assert stranger.get("/desk/tickets/").status_code == 403
    again = post(site.app.test_client(), link, "/login", password=ANOTHER)
    assert again.status_code == 400
    assert "/register" in Page(again.text).links
    assert attempt(site.app.test_client(), "nia@ways.example", ANOTHER).status_code == 400


def test_answers_are_the_same_for_every_address(site, rule, monkeypatch):
    rule("domains", "ways.example")
    monkeypatch.setattr(user_table, "find_by_email", no_look)
    stranger = site.app.test_client()
    emails = ("agent@demo.example", "administrator@demo.example", "fresh@ways.example", "x@elsewhere.example")
    answers = [ask(stranger, email) for email in emails]
    assert {(answer.status_code, plain(answer)) for answer in answers} == {(200, plain(answers[0]))}
    assert len({tuple(sorted(set(dict(answer.headers)) - {"Vary"})) for answer in answers}) == 1


def test_the_host_header_leads_no_link_elsewhere(site, rule, person):
    client, email = person
    rule("on")
    fields = {"name": "Host", "proof": PASSWORD, "role_id": "agent"}
    sent = (
        (client, "/register", f"a.{email}"),
        (client, "/account/email", f"b.{email}"),
        (client, "/forgot", email),
        (site.as_("administrator"), "/admin/users/new/", f"c.{email}"),
    )
    for browser, path, address in sent:
        token = TOKEN.search(browser.get("/account/").text)[1]
        cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in browser._cookies.values())
        answer = site.app.test_client(use_cookies=False).post(
            path,
            data={**fields, "csrf_token": token, "email": address},
            headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Cookie": cookies},
        )
        assert answer.status_code in (200, 302), path
        sent = messages(site, address)
        assert sent, path
        assert all("evil" not in message for message in sent)
        assert {base for message in sent for base, _ in LINK.findall(message)} == {"http://127.0.0.1"}


def test_a_link_opens_nothing_but_what_it_is_for(site, rule, person):
    client, email = person
    rule("on")
    post(client, "/account/email", "/account/", email=f"v.{email}", proof=PASSWORD)
    post(client, "/forgot", "/forgot", email=email)
    ask(site.app.test_client(), f"r.{email}")
    sent = [link for address in (email, f"v.{email}", f"r.{email}") for link in links(site, address)]
    tokens = {link.split("/")[-2]: link.rpartition("/")[2] for link in sent}
    assert tokens.keys() == {"verify", "reset", "register"}
    paths = {name: f"/account/{name}/" for name in ("welcome", "reset", "verify")}
    paths["register"] = "/register/"
    stranger = site.app.test_client()
    opened = {
        (name, purpose)
        for name, token in tokens.items()
        for purpose, path in paths.items()
        if stranger.get(path + token).status_code == 200
    }
    assert opened == {(name, name) for name in tokens}
    for purpose in paths.values():
        for forged in ("x", "x" * 4000, "%00", "é", "../login"):
            assert stranger.get(purpose + forged).status_code in (302, 400, 404)


def test_huge_passwords_are_refused_unread(site, rule, person):
    client, email = person
    rule("on")
    ask(site.app.test_client(), f"huge.{email}")
    (link,) = links(site, f"huge.{email}")
    for path in (link, "/login", "/account/password", "/account/email", "/account/reset/x"):
        token = TOKEN.search(client.get("/account/").text)[1]
        fields = {
            "csrf_token": token,
            "password": HUGE,
            "proof": HUGE,
            "current": HUGE,
            "email": f"h.{email}",
        }
        assert client.post(path, data=fields).status_code == 413
    assert user_table.find_by_email(f"huge.{email}") is None
    assert user_table.find_by_email(email).links == {}


def test_more_fields_than_a_form_has_change_nothing(site, rule, person):
    client, email = person
    rule("on")
    greedy = {
        "role_id": "administrator", "role": "administrator", "verified_at": "2020-01-01T00:00:00Z",
        "active": "", "user_id": site.users["administrator"], "identities": "x|y", "password_hash": "x",
        "organization_id": "o", "team_ids": "billing", "version": "9", "invited_at": "", "totp": "x",
    }  # fmt: skip
    stranger = site.app.test_client()
    ask(stranger, f"greedy.{email}", password=PASSWORD, **greedy)
    (link,) = links(site, f"greedy.{email}")
    post(stranger, link, link, password=PASSWORD, email="administrator@demo.example", name="Root", **greedy)
    registered = user_table.find_by_email(f"greedy.{email}")
    assert (registered.role_id, registered.name, registered.active, registered.version) == (
        "customer",
        "Nia New",
        True,
        1,
    )
    assert (registered.team_ids, registered.identities, registered.organization_id, registered.totp) == (
        [],
        [],
        None,
        None,
    )
    before = user_table.find_by_email(email).serialize()
    post(client, "/account/email", "/account/", email=f"g2.{email}", proof=PASSWORD, **greedy)
    after = user_table.find_by_email(email).serialize()
    assert {name for name in after if after[name] != before.get(name)} == {"links"}
    page = site.read("administrator", f"/admin/users/edit/?id={site.users[email]}")
    form = next(form for form in page.forms if form.action == "" and form.method == "post")
    path = f"/admin/users/edit/?id={site.users[email]}"
    # What an administrator may change is in the form; all the rest is not.
    stolen = {name: greedy[name] for name in greedy.keys() - form.fields.keys() - {"team_ids"}}
    site.as_("administrator").post(path, data=form.filled(name="Renamed", **stolen))
    user = user_table.find_by_email(email)
    changed = {name for name, value in user.serialize().items() if value != after.get(name)}
    assert changed == {"name", "sort_name", "version"}
    assert user.user_id == site.users[email]


# The page of the rules


def test_the_rules_are_for_administrators(site, rule):
    assert site.as_("manager").get("/admin/access/").status_code == 403
    assert site.post("manager", "/admin/access/", registration="on", version="0").status_code == 403
    rule("domains", "one.example")
    form = site.read("administrator", "/admin/access/").form("/admin/access/")
    assert (form.one("registration"), form.one("domains")) == ("domains", "one.example")
    assert "changed who can register" in site.read("administrator", "/admin/audit-log/").text


def test_rules_that_cannot_be(site, rule):
    admin, path = site.as_("administrator"), "/admin/access/"
    stale = site.read("administrator", path).form(path)
    refused = rule("domains", "not a domain/")
    assert refused.status_code == 400
    assert Page(refused.text).form(path).one("domains") == "not a domain/"
    rule("on")
    late = admin.post(path, data=stale.filled(registration="off"))
    assert late.status_code == 409
    assert "Nothing was overwritten" in Page(late.text).text
    for version in ("", "-1", "x", "9" * 30):
        assert admin.post(path, data=stale.filled(version=version)).status_code == 400
    assert site.read("administrator", path).form(path).one("registration") == "on"
    assert User.count() > 0
