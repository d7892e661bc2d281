"""The API: tokens in a header and nothing else open it, and it writes through the same rules as the pages."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.portal.api_client import ME, TICKETS, P, Program, problem, token_for
from tests.portal.conftest import PASSWORD, TOKEN, sign_in


@pytest.fixture(scope="module")
def agent(site):
    return Program(site, token_for(site)[1])


@pytest.fixture(scope="module")
def manager(site):
    return Program(site, token_for(site, "manager")[1])


def test_who_is_calling(site, agent):
    answer = agent.get(ME)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["id"] == site.users["agent"]
    assert (answer.json["role"], answer.json["token"]) == ("agent", "of agent")
    assert answer.json["permissions"]["ticket:view"] == "all"
    assert "token:create" not in answer.json["permissions"]


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "},
        {"Authorization": "Bearer ld_" + "x" * 43}, {"Authorization": "Basic {secret}"},
        {"Authorization": "{secret}"}, {"Authorization": "Bearer {secret}x"},
        {"Authorization": "Bearer {upper}"}, {"Authorization": "Bearer {secret} {secret}"},
        {"X-Authorization": "Bearer {secret}"}, {"Cookie": "Authorization=Bearer {secret}"},
        {"Authorization": "Bearer " + "y" * 9000},
    ],
    ids=lambda headers: "; ".join(f"{name} {value[:24]}" for name, value in headers.items()) or "nothing",
)  # fmt: skip
@pytest.mark.parametrize(("method", "path"), [("GET", ME), ("GET", TICKETS), ("POST", TICKETS)])
def test_without_a_good_token_nothing_is_open(site, headers, method, path):
    _, secret = token_for(site)
    sent = {name: value.format(secret=secret, upper=secret.upper()) for name, value in headers.items()}
    client = site.app.test_client(use_cookies=False)
    answer = client.open(path, method=method, headers=sent, json={"subject": "s", "body": "b"})
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.location is None


def test_cookies_open_nothing(site):
    before = len(site.read("administrator", "/desk/tickets/").links)
    client = sign_in(site.app, "administrator@demo.example")
    csrf = TOKEN.search(client.get("/desk/new").text)[1]
    body = {"subject": "Forged", "body": "By a page elsewhere"}
    for headers in ({}, {"X-CSRFToken": csrf}):
        problem(client.get(ME, headers=headers), 401)
        problem(client.get(TICKETS, headers=headers), 401)
        problem(client.post(TICKETS, json=body, headers=headers), 401)
        problem(client.post(TICKETS, data={**body, "csrf_token": csrf}, headers=headers), 401)
        problem(client.patch(f"{TICKETS}/1", json={"status": "solved"}, headers=headers), 401)
    assert len(site.read("administrator", "/desk/tickets/").links) == before


@pytest.mark.parametrize("name", ["access_token", "token", "authorization", "api_key"])
def test_a_token_in_the_address_is_not_looked_at(site, name):
    _, secret = token_for(site)
    client = site.app.test_client(use_cookies=False)
    problem(client.get(f"{ME}?{name}={secret}"), 401)
    problem(client.post(TICKETS, data={name: secret}), 401)


def test_a_cookie_beside_a_token_changes_nothing(site):
    """The token decides who is calling, also where the browser is somebody with more rights."""
    client = sign_in(site.app, "administrator@demo.example")
    _, secret = token_for(site, scopes=[P.TICKET_VIEW])
    answer = client.get(ME, headers={"Authorization": f"Bearer {secret}"})
    assert answer.json["id"] == site.users["agent"]
    answer = client.post(
        TICKETS, json={"subject": "s", "body": "b"}, headers={"Authorization": f"Bearer {secret}"}
    )
    problem(answer, 403)


def test_a_token_opens_the_api_alone(site):
    _, secret = token_for(site, "administrator")
    program = Program(site, secret)
    for path in ("/desk/new", "/admin/users/", "/account/", "/reports/"):
        answer = program.get(path)
        assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login"), path


def test_open_read_and_change_a_ticket(site, agent):
    created = agent.post(TICKETS, {"subject": "Printer", "body": "It burns", "priority": "high"})
    assert created.status_code == 201
    ticket = created.json
    assert (ticket["channel"], ticket["priority"], ticket["version"]) == ("api", "high", 1)
    assert ticket["requester_id"] == site.users["agent"]
    assert created.headers["ETag"] == '"1"'
    path = created.headers["Location"]
    assert path == f"{TICKETS}/{ticket['id']}"
    assert agent.get(path).json == ticket
    changed = agent.patch(path, {"status": "open", "assignee_id": site.users["agent"], "note": "Mine"}, 1)
    assert (changed.json["status"], changed.json["version"]) == ("open", 2)
    assert changed.headers["ETag"] == '"2"'
    answered = agent.patch(path, {"reply": "Use the extinguisher"}, 2)
    assert answered.json["version"] == 3
    assert site.events(ticket["id"]) == [
        ("created", "It burns"), ("noted", "Mine"), ("replied", "Use the extinguisher"),
    ]  # fmt: skip
    assert site.history(ticket["id"])[-1].actor_id == site.users["agent"]


def test_two_who_change_the_same_field(site, agent, manager):
    ticket_id = site.ticket()
    path = f"{TICKETS}/{ticket_id}"
    assert manager.patch(path, {"priority": "high"}, 1).status_code == 200
    assert agent.patch(path, {"subject": "Another field"}, 1).json["version"] == 3, "no hindrance"
    answer = agent.patch(path, {"priority": "low"}, 1)
    assert list(problem(answer, 412)["errors"]) == ["priority"]
    assert answer.headers["ETag"] == '"3"'
    assert agent.get(path).json["priority"] == "high"
    assert agent.patch(path, {"priority": "low"}, 3).json["priority"] == "low"


@pytest.mark.parametrize("headers", [None, "", "x", '"x"', "*", "-1", "0", "1.0", "9" * 40, "²"])
def test_a_change_names_the_version_it_saw(site, agent, headers):
    ticket_id = site.ticket()
    headers = {} if headers is None else {"If-Match": headers.encode().decode("latin-1")}
    problem(agent.patch(f"{TICKETS}/{ticket_id}", {"priority": "low"}, **headers), 428)
    assert len(site.history(ticket_id)) == 1


def test_the_same_request_arrives_twice(site, agent, manager):
    key = uuid.uuid4().hex
    body = {"subject": "Once", "body": "Only"}
    first = agent.post(TICKETS, body, **{"Idempotency-Key": key})
    assert agent.post(TICKETS, body, **{"Idempotency-Key": key}).json["id"] == first.json["id"]
    refused = problem(agent.post(TICKETS, {**body, "body": "Else"}, **{"Idempotency-Key": key}), 422)
    assert "another request" in refused["detail"]
    path = f"{TICKETS}/{first.json['id']}"
    problem(agent.patch(path, {"reply": "Only"}, 1, **{"Idempotency-Key": key}), 422)
    assert agent.post(TICKETS, body).json["id"] == first.json["id"] + 1, "nothing burned a number"
    assert manager.post(TICKETS, body, **{"Idempotency-Key": key}).json["id"] != first.json["id"]
    problem(agent.post(TICKETS, body, **{"Idempotency-Key": "k" * 201}), 400)


@pytest.mark.parametrize(
    "extra",
    [
        {"id": 7}, {"ticket_id": "7"}, {"version": 1}, {"created_at": "2001-01-01"}, {"channel": "phone"},
        {"status": "closed"}, {"actor": "somebody"}, {"once": "x"}, {"now": "2001-01-01"}, {"custom": {}},
        {"public": False}, {"__class__": "x"},
    ],
    ids=lambda extra: next(iter(extra)),
)  # fmt: skip
def test_fields_that_are_not_offered_are_refused(site, agent, extra):
    answer = agent.post(TICKETS, {"subject": "s", "body": "b", **extra})
    assert problem(answer, 400)["errors"].keys() == extra.keys()
    if "status" not in extra:
        ticket_id = site.ticket()
        problem(agent.patch(f"{TICKETS}/{ticket_id}", {"priority": "low", **extra}, 1), 400)
        assert len(site.history(ticket_id)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"subject": ["s"], "body": "b"}, {"subject": 5, "body": "b"}, {"subject": {}, "body": "b"},
        {"subject": "s"}, {"body": "b"}, {}, [], "text", None, 5,
        {"subject": "s", "body": "b", "priority": True},
        {"subject": "s", "body": "b", "priority": "hasty"},
        {"subject": "s", "body": "b", "team_id": "nowhere"},
        {"subject": "s", "body": "b", "assignee_id": "nobody"}, {"subject": "s", "body": "x" * 70_000},
        {"subject": "s", "body": "b", "category": "none"}, {"subject": "\u200b", "body": "b"},
    ],
    ids=lambda body: repr(body)[:40],
)  # fmt: skip
def test_a_request_that_makes_no_ticket_is_refused(agent, body):
    problem(agent.post(TICKETS, body), 400)


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{", "application/json", 400), (b"\xff", "application/json", 400), (b"", "application/json", 400),
        (b"[" * 100_000, "application/json", 400), (b'{"subject":"s","body":"b"}', "text/plain", 415),
        (b"subject=s&body=b", "application/x-www-form-urlencoded", 415),
        (b"x" * 600_000, "application/json", 413),
        (b'{"subject":"s","body":"b","subject":"t"}', "application/json", 400),
        (b'{"subject":"s","body":"b","requester":{"id":"a","id":"b"}}', "application/json", 400),
    ],
    ids=["half", "no text", "nothing", "deep", "text", "a form", "too long", "twice", "twice within"],
)  # fmt: skip
def test_what_is_no_json_is_refused(agent, data, content_type, status):
    problem(agent("POST", TICKETS, data=data, content_type=content_type), status)


def test_a_reply_and_a_note_are_two_changes(site, agent):
    ticket_id = site.ticket()
    problem(agent.patch(f"{TICKETS}/{ticket_id}", {"reply": "a", "note": "b"}, 1), 400)
    problem(agent.patch(f"{TICKETS}/{ticket_id}", {"reply": ""}, 1), 400)


def test_lists_by_pages_and_filters(site, agent):
    mine = [site.ticket(subject=f"page {number}") for number in range(5)]
    for ticket_id in mine[:3]:
        agent.patch(f"{TICKETS}/{ticket_id}", {"assignee_id": site.users["manager"]}, 1)
    seen, cursor = [], ""
    while cursor is not None:
        answer = agent.get(
            f"{TICKETS}?assignee={site.users['manager']}&size=2{cursor and f'&cursor={cursor}'}"
        ).json
        seen += [ticket["id"] for ticket in answer["tickets"]]
        cursor = answer["next"]
    assert sorted(seen) == mine[:3]
    changes = [ticket["updated_at"] for ticket in agent.get(f"{TICKETS}?state=open&size=100").json["tickets"]]
    assert changes == sorted(changes, reverse=True)
    free = agent.get(f"{TICKETS}?state=open&assignee=none&size=100").json["tickets"]
    assert set(mine[3:]) <= {ticket["id"] for ticket in free}
    assert {ticket["assignee_id"] for ticket in free} == {None}
    assert (
        agent.patch(f"{TICKETS}/{mine[4]}", {"priority": "urgent", "category": "invoices"}, 1).status_code
        == 200
    )
    for query in ("priority=urgent&category=invoices", "priority=urgent&assignee=none"):
        assert mine[4] in {
            ticket["id"] for ticket in agent.get(f"{TICKETS}?{query}&size=100").json["tickets"]
        }
    listed = agent.get(f"{TICKETS}?category=none&priority=urgent&size=100").json["tickets"]
    assert mine[4] not in {ticket["id"] for ticket in listed}
    assert agent.get(f"{TICKETS}?state=done").status_code == 200
    assert agent.get(f"{TICKETS}?requester={site.users['customer']}&status=new").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "size=0", "size=101", "size=-1", "size=x", "size=9999999999", "size=%C2%B2", "page=2",
        "assignee_id=x", "state=asleep", "cursor=forged", "cursor=", "cursor=%00", f"cursor={'x' * 5000}",
        "sort=subject", "sort=body", "sort=", "sort=team", "sort=priority&sort=status", "sort=priority&desc=yes",
        "sort=priority&desc=", "desc=1", "desc=1&desc=0&sort=priority",
        "status=%F0%9F%92%A9", "access_token=x", "status=opne", "status=", "status=new&status=opne",
        "priority=hihg", "team=nowhere", "category=nothing", "assignee=nobody-known", "requester=x",
        "assignee=none&assignee=x", "size=1&size=2", "cursor=a&cursor=b", "status=none",
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused(agent, query):
    refused = problem(agent.get(f"{TICKETS}?{query}"), 400)
    assert refused["detail"]


def test_values_of_one_filter_are_alternatives(site, agent):
    for number, priority in enumerate(("low", "urgent", "high")):
        agent.post(TICKETS, {"subject": f"alternative {number}", "body": "b", "priority": priority})
    listed = agent.get(f"{TICKETS}?priority=low&priority=urgent&size=100").json["tickets"]
    assert {ticket["priority"] for ticket in listed} == {"low", "urgent"}


def test_a_cursor_of_another_list_is_refused(site, agent):
    for number in range(3):
        site.ticket(subject=f"cursor {number}")
    cursor = agent.get(f"{TICKETS}?state=open&size=1").json["next"]
    assert agent.get(f"{TICKETS}?state=open&size=1&cursor={cursor}").status_code == 200
    problem(agent.get(f"{TICKETS}?size=1&assignee=none&cursor={cursor}"), 400)
    forged = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    problem(agent.get(f"{TICKETS}?state=open&size=1&cursor={forged}"), 400)


@pytest.mark.parametrize(
    "id_", ["0", "999999", "9" * 60, "-1", "1.5", "x", "1%00", "..%2fme", "1/2", "%F0%9F%92%A9"]
)
def test_a_ticket_that_is_not_there(agent, id_):
    problem(agent.get(f"{TICKETS}/{id_}"), 404)
    problem(agent.patch(f"{TICKETS}/{id_}", {"priority": "low"}, 1), 404)


def test_an_address_that_is_not_there_is_a_problem_too(agent):
    problem(agent.get("/api/v1/nothing"), 404)
    problem(agent.get("/api/"), 404)
    problem(agent("DELETE", TICKETS), 405)
    problem(agent("PUT", f"{TICKETS}/1", {}), 405)


@pytest.mark.parametrize(
    ("scopes", "method", "path", "body"),
    [
        ([P.TICKET_CREATE], "GET", TICKETS, None),
        ([P.TICKET_CREATE], "GET", "{ticket}", None),
        ([P.TICKET_VIEW], "POST", TICKETS, {"subject": "s", "body": "b"}),
        ([P.TICKET_VIEW], "PATCH", "{ticket}", {"priority": "low"}),
        ([P.TICKET_VIEW, P.TICKET_UPDATE], "PATCH", "{ticket}", {"assignee_id": "{agent}"}),
        ([P.TICKET_VIEW, P.TICKET_ASSIGN], "PATCH", "{ticket}", {"priority": "low"}),
        ([P.TICKET_VIEW, P.TICKET_UPDATE], "PATCH", "{ticket}", {"reply": "r"}),
        ([P.TICKET_VIEW, P.TICKET_REPLY], "PATCH", "{ticket}", {"note": "n"}),
        ([P.TICKET_VIEW, P.TICKET_CREATE], "POST", TICKETS,
         {"subject": "s", "body": "b", "assignee_id": "{agent}"}),
    ],
    ids=["list", "see", "open", "change", "assign", "change by assigner", "reply", "note", "open and assign"],
)  # fmt: skip
def test_scopes_narrow_what_a_role_allows(site, scopes, method, path, body):
    ticket_id = site.ticket()
    program = Program(site, token_for(site, "administrator", scopes)[1])
    filled = body and {name: value.format(agent=site.users["agent"]) for name, value in body.items()}
    path = path.format(ticket=f"{TICKETS}/{ticket_id}")
    problem(program(method, path, filled, headers={"If-Match": '"1"'}), 403)
    assert len(site.history(ticket_id)) == 1


def test_what_is_not_ones_own_is_not_there(site):
    """A role with its own tickets alone has a token for these alone."""
    services, now = site.services, datetime.now(UTC)
    own = {
        permission: services.users.roles.get("customer").permissions[permission]
        for permission in (P.TICKET_VIEW, P.TICKET_CREATE, P.TICKET_REPLY)
    }
    services.users.roles.save(
        actor=site.actor("administrator"), role_id="automated", name="Automated", expected_version=0, now=now,
        permissions={**own, P.TOKEN_CREATE: own[P.TICKET_VIEW]},
    )  # fmt: skip
    person = services.users.accounts.create(
        actor=site.actor("administrator"), now=now, name="Robot", email="robot@demo.example",
        role_id="automated", password=PASSWORD,
    )  # fmt: skip
    site.users["robot"] = person.user_id
    robot = Program(site, token_for(site, "robot", [P.TICKET_VIEW, P.TICKET_CREATE, P.TICKET_REPLY])[1])
    foreign = site.ticket()
    mine = robot.post(TICKETS, {"subject": "Mine", "body": "b"}).json["id"]
    assert [ticket["id"] for ticket in robot.get(TICKETS).json["tickets"]] == [mine]
    for query in (
        f"requester={site.users['customer']}",
        "team=billing",
        "team=nowhere",
        "assignee=nobody-known",
    ):
        assert robot.get(f"{TICKETS}?{query}").json["tickets"] == [], (
            "which teams and people exist is not told"
        )
    problem(robot.get(f"{TICKETS}/{foreign}"), 404)
    problem(robot.patch(f"{TICKETS}/{foreign}", {"reply": "r"}, 1), 404)
    problem(robot.post(TICKETS, {"subject": "s", "body": "b", "requester_id": site.users["agent"]}), 403)
    problem(robot.patch(f"{TICKETS}/{mine}", {"priority": "urgent"}, 1), 403)
    assert robot.patch(f"{TICKETS}/{mine}", {"reply": "More"}, 1).json["version"] == 2


def test_a_revoked_token_is_refused_from_then_on(site):
    token_id, secret = token_for(site)
    program = Program(site, secret)
    assert program.get(ME).status_code == 200
    site.services.users.api_tokens.revoke(actor=site.actor("agent"), token_id=token_id, now=datetime.now(UTC))
    problem(program.get(ME), 401)
    problem(program.post(TICKETS, {"subject": "s", "body": "b"}), 401)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ["subject", "status", "priority", "category", "team_id", "assignee_id", "reply", "note", "x"]
)


@pytest.fixture(scope="module")
def tried(site):
    return f"{TICKETS}/{site.ticket()}"


@given(st.one_of(ANYTHING, st.dictionaries(NAMES, st.none() | st.text(max_size=20) | ANYTHING, max_size=3)))
def test_whatever_is_sent_is_taken_or_refused(agent, tried, body):
    answer = agent.patch(tried, body, agent.get(tried).json["version"])
    assert answer.status_code in (200, 400, 403), answer.text
