"""What the description of the API says, sent to the running product: examples work, and what is wrong is refused."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from json import dumps
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator

from portal.api import CONTROLLERS
from portal.api.operations import Operation
from services.tickets import Chosen, ListRequest
from services.users.api_tokens import SCOPES
from services.users.identity import SYSTEM
from tests.portal.api_client import Program, problem, token_for
from tests.writes import recorded

OPERATIONS = [operation for controller in CONTROLLERS for operation in controller.operations]
READING = [each for each in OPERATIONS if each.method == "GET"]
WRITING = [each for each in OPERATIONS if each.method != "GET"]
WITH_BODY = [each for each in OPERATIONS if each.body is not None]
WITH_PATH = [each for each in OPERATIONS if "<" in each.rule]
# Whatever is not the type of any field.
WRONG: tuple[Any, ...] = ({}, [[]], 1.5, [{"a": None}], {"$ne": 1})
UNUSED = "unheard_of"


def name_of(value: object) -> str | None:
    """Name a test after its operation."""
    return value.id if isinstance(value, Operation) else None


def every(operations: list[Operation]) -> Any:
    """Run a test for each operation."""
    return pytest.mark.parametrize("operation", operations, ids=name_of)


@dataclass
class Contract:
    """The running product, its description, and things that examples are about."""

    site: Any
    program: Program
    description: dict[str, Any]
    last_person: str = ""

    def fill(self, value: Any) -> Any:
        """Put ids in the place of $ticket and the like, in texts and in what holds them."""
        if isinstance(value, dict):
            return {name: self.fill(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.fill(part) for part in value]
        if isinstance(value, str) and "$" in value:
            before, _, rest = value.partition("$")
            name, ampersand, after = rest.partition("&")
            id_ = self.make(name)
            return f"{before}{id_}{ampersand}{self.fill(after)}" if before or after else id_
        return value

    def make(self, name: str) -> Any:
        """Make a thing of its own, and return its id."""
        makers: dict[str, Callable[[], Any]] = {
            "ticket": self.ticket,
            "agent": lambda: self.site.users["agent"],
            "user": lambda: self.person(signed_in=True),
            "invited": lambda: self.person(signed_in=False),
            "session": self.session,
            "token": lambda: token_for(self.site, "administrator")[0],
            "organization": self.organization,
            "job": self.job,
            "done_job": lambda: self.job(done=True),
            "team": lambda: "billing",
            "category": lambda: "invoices",
        }
        return makers[name]()

    def ticket(self) -> int:
        """Add a ticket, with a change that can be undone as its version 2."""
        number: int = self.site.ticket()
        self.site.services.tickets.service.update(
            actor=SYSTEM,
            now=datetime.now(UTC),
            ticket_id=number,
            expected_version=1,
            changes={"priority": "high"},
        )
        return number

    def job(self, *, done: bool = False) -> str:
        """Start a job that changes a ticket."""
        services, now = self.site.services, datetime.now(UTC)
        administrator = services.users.absent_actors.actor(self.site.users["administrator"])
        job = services.tickets.bulk.change(
            actor=administrator, now=now, tickets=[Chosen(self.ticket())], changes={"priority": "low"}
        )
        if done:
            services.jobs.advance(now=now)
        return str(job.id)

    def session(self) -> str:
        """Return the session of whoever was added last."""
        devices = self.site.services.users.devices
        sessions = devices.list_for_user(actor=SYSTEM, user_id=self.last_person, now=datetime.now(UTC))
        return str(sessions[0].id)

    def person(self, *, signed_in: bool) -> str:
        """Add a customer."""
        users, now = self.site.services.users, datetime.now(UTC)
        number = len(users.accounts.page(actor=SYSTEM, request=ListRequest(size=100)).rows)
        user = users.accounts.create(
            actor=SYSTEM, now=now, name=f"Person {number}", email=f"person-{number}@example.org", role_id="customer",
            invite=False,
        )  # fmt: skip
        if signed_in:
            users.sessions.start(user_id=user.user_id, now=now)
        self.last_person = user.user_id
        return user.user_id

    def organization(self) -> str:
        """Add an organization."""
        organizations = self.site.services.users.organizations
        saved = organizations.save(
            actor=SYSTEM, now=datetime.now(UTC), id_=None, name=f"Organization {len(organizations.stored())}",
            active=True, shares_tickets=True, domains=(), expected_version=0,
        )  # fmt: skip
        return saved.id

    def path(self, operation: Operation) -> str:
        """Return an address with the things of the example."""
        path = "/api/v1" + operation.rule
        for name, value in operation.example.path.items():
            for shape in (f"<int:{name}>", f"<{name}>"):
                path = path.replace(shape, quote(str(self.fill(value)), safe=""))
        return path

    def headers(self, operation: Operation, path: str) -> dict[str, str]:
        """Return the headers that an operation needs."""
        if not operation.versioned:
            return {}
        while (answer := self.program.get(path)).status_code != 200:
            path = path.rpartition("/")[0]
        return {"If-Match": answer.headers["ETag"]}

    def send(self, operation: Operation, **changed: Any) -> Any:
        """Send the example of an operation, with some of it changed."""
        path = changed.pop("path", None) or self.path(operation)
        query = changed.pop("query", None)
        query = self.fill(operation.example.query) if query is None else query
        headers = self.headers(operation, path) | changed.pop("headers", {})
        if operation.body is not None and not changed.keys() & {"data", "body"}:
            changed["body"] = self.body(operation)
        return self.program(
            operation.method, path + (f"?{query}" if query else ""), headers=headers, **changed
        )

    def body(self, operation: Operation) -> dict[str, Any]:
        """Return the body of the example."""
        body: dict[str, Any] = self.fill(dict(operation.example.body))
        return body

    def described(self, operation: Operation) -> dict[str, Any]:
        """Return what the description says of an operation."""
        methods = [
            method for path in self.description["paths"].values() for method in path.values()
            if method["operationId"] == operation.id
        ]  # fmt: skip
        return methods[0]

    def complaints(self, schema: dict[str, Any], value: Any) -> list[str]:
        """List where a value differs from a schema."""
        whole = {**schema, "components": self.description["components"]}
        return [
            f"{list(each.path)}: {each.message}" for each in Draft202012Validator(whole).iter_errors(value)
        ]

    def check_described(self, operation: Operation, answer: Any) -> None:
        """Check that an answer is one that the description knows."""
        responses = self.described(operation)["responses"]
        assert str(answer.status_code) in responses, f"{answer.status_code} is not described: {answer.text}"
        content = responses[str(answer.status_code)].get("content")
        if content is None:
            assert answer.data == b""
            return
        assert answer.mimetype in content
        assert self.complaints(content[answer.mimetype]["schema"], answer.json) == []
        if answer.status_code >= 400:
            assert answer.json["code"] in responses[str(answer.status_code)]["x-codes"]

    def refused(self, operation: Operation, status: int = 400, **changed: Any) -> dict[str, Any]:
        """Send something wrong, and check that it is refused as described and writes nothing."""
        with recorded() as writes:
            answer = self.send(operation, **changed)
        assert [write for write in writes if write not in ("UpdateItem attempts", "PutItem audit")] == []
        refusal = problem(answer, status)
        self.check_described(operation, answer)
        return refusal


@pytest.fixture(scope="module")
def contract(site) -> Contract:
    description = site.app.test_client().get("/api/v1/openapi.json").json
    site.services.reporting.analytics.follow(now=datetime.now(UTC))
    return Contract(site, Program(site, token_for(site, "administrator", SCOPES)[1]), description)


@every(OPERATIONS)
def test_every_example_works(contract, operation):
    if operation.id == "revoke_own_token":
        contract = replace(contract, program=Program(contract.site, token_for(contract.site)[1]))
    answer = contract.send(operation)
    assert answer.status_code == operation.status, answer.text
    contract.check_described(operation, answer)
    if operation.status == 201:
        assert contract.program.get(answer.headers["Location"]).status_code == 200


@every(OPERATIONS)
def test_the_examples_of_the_description_are_what_it_says(contract, operation):
    described = contract.described(operation)
    parts = [described["requestBody"]] if operation.body else []
    for part in (*parts, *described["responses"].values()):
        for content in part.get("content", {}).values():
            examples = [
                contract.description["components"]["examples"][each["$ref"].rpartition("/")[2]]["value"]
                for each in content.get("examples", {}).values()
            ]
            for example in [content["example"]] if "example" in content else examples:
                assert contract.complaints(content["schema"], example) == []


@every(OPERATIONS)
def test_parameters_that_are_not_known_or_there_twice_are_refused(contract, operation):
    path = contract.path(operation)
    assert contract.refused(operation, path=path, query=f"{UNUSED}=1")["errors"].keys() == {UNUSED}
    for parameter in contract.described(operation)["parameters"]:
        name, schema = parameter["name"], parameter["schema"]
        if parameter["in"] == "query" and (schema["type"] != "array" or parameter.get("explode") is False):
            assert name in contract.refused(operation, path=path, query=f"{name}=1&{name}=2")["errors"]


@every(READING)
def test_values_that_a_parameter_cannot_have_are_refused(contract, operation):
    path = contract.path(operation)
    for parameter in contract.described(operation)["parameters"]:
        name, schema = parameter["name"], parameter["schema"]
        limits = schema.get("items", schema)
        if parameter["in"] != "query" or not limits.keys() & {"enum", "maximum", "maxLength", "format"}:
            continue
        for value in ("", "%00", "x" * 5000, "1e3", "%C2%B2", "-1", "2026-02-30", "2026-06-30T23:59:60Z"):
            if (
                limits["type"] == "string"
                and not limits.keys() & {"enum", "format"}
                and len(value) < 100
                and value
            ):
                continue  # any text is fine
            refusal = contract.refused(operation, path=path, query=f"{name}={value}")
            assert name in refusal["errors"], (name, value, refusal)


@every(WITH_BODY)
def test_fields_that_are_not_known_or_of_another_type_are_refused(contract, operation):
    path, body = contract.path(operation), contract.body(operation)
    assert UNUSED in contract.refused(operation, path=path, body={**body, UNUSED: "x"})["errors"]
    for field in operation.body.model_fields:
        for value in WRONG:
            refusal = contract.refused(operation, path=path, body={**body, field: value})
            assert any(name.partition(".")[0] == field for name in refusal["errors"]), (field, value, refusal)


@every(WITH_BODY)
def test_bodies_that_are_no_object_are_refused(contract, operation):
    path = contract.path(operation)
    for body in ([], "text", None, 5, True):
        contract.refused(operation, path=path, body=body)
    for data in (b"{", b"\xff", b"", b"[" * 100_000, b'{"a":' * 50_000):
        contract.refused(operation, path=path, data=data, content_type="application/json")
    contract.refused(operation, 413, path=path, data=b"x" * 600_000, content_type="application/json")
    contract.refused(operation, 415, path=path, data=b"{}", content_type="text/plain")


@every([each for each in WRITING if each.body is None])
def test_a_body_where_none_belongs_is_refused(contract, operation):
    contract.refused(operation, path=contract.path(operation), body={"a": 1})


@every(WITH_PATH)
@pytest.mark.parametrize(
    "id_", ["..", "%2e%2e%2fme", "%F0%9F%92%A9", "x" * 500, "%00", "9" * 40, "-1", "' OR 1=1"]
)
def test_ids_of_nothing_are_not_there(contract, operation, id_):
    path = "/api/v1" + operation.rule
    for name in operation.example.path:
        path = path.replace(f"<int:{name}>", id_).replace(f"<{name}>", id_)
    body = {"body": contract.body(operation)} if operation.body else {}
    with recorded() as writes:
        answer = contract.program(operation.method, path, headers={"If-Match": '"1"'}, **body)
    problem(answer, answer.status_code)
    assert answer.status_code in (404, 405)
    assert writes == []


@every(OPERATIONS)
def test_nobody_gets_in_without_a_token(contract, operation):
    path = contract.path(operation)
    client = contract.site.app.test_client(use_cookies=False)
    body = (
        {"data": dumps(contract.body(operation)), "content_type": "application/json"}
        if operation.body
        else {}
    )
    answer = client.open(path, method=operation.method, **body)
    problem(answer, 401)
    contract.check_described(operation, answer)


@every([each for each in OPERATIONS if each.versioned])
def test_a_change_without_a_version_is_refused(contract, operation):
    path = contract.path(operation)
    contract.refused(operation, 428, path=path, headers={"If-Match": ""})


@every([each for each in READING if each.returns])
def test_nothing_new_is_not_sent_again(contract, operation):
    if operation.id == "status":
        pytest.skip("tells the time")
    path, query = (
        contract.path(operation),
        contract.fill(operation.example.query).replace("include=", "fields="),
    )
    query = "" if "fields" in query and operation.id == "ticket" else query
    first = contract.send(operation, path=path, query=query)
    again = contract.send(operation, path=path, query=query, headers={"If-None-Match": first.headers["ETag"]})
    if "data_age" in (first.json or {}) or operation.id == "freshness":
        pytest.skip("grows with the time")
    assert (again.status_code, again.data) == (304, b"")


@every([each for each in READING if each.sparse])
def test_only_the_fields_that_are_asked_for(contract, operation):
    path = contract.path(operation)
    answer = contract.send(operation, path=path, query="fields=id").json
    entries = answer[operation.rows] if operation.rows else [answer]
    assert all(entry.keys() == {"id"} for entry in entries)
    assert "fields" in contract.refused(operation, path=path, query="fields=password_hash")["errors"]


def _another(body: dict[str, Any]) -> dict[str, Any]:
    """Return one field with another value."""
    others: dict[type, Callable[[Any], Any]] = {
        int: lambda _: 1, str: lambda text: f"{text} other", list: lambda rows: rows[:1]
    }  # fmt: skip
    return next({name: others[type(value)](value)} for name, value in body.items() if type(value) in others)


@every([each for each in OPERATIONS if each.takes_key])
def test_a_repeated_request_takes_effect_once(contract, operation):
    path, key = contract.path(operation), f"key of {operation.id}"
    sent = {"body": contract.body(operation)} if operation.body else {}
    if "email" in sent.get("body", {}):
        sent["body"]["email"] = "only-once@example.org"
    if "name" in sent.get("body", {}):
        sent["body"]["name"] = f"Only once {operation.id}"
        sent["body"].pop("domains", None)
    headers = {**contract.headers(operation, path), "Idempotency-Key": key}
    first = contract.send(operation, path=path, headers=headers, **sent)
    assert first.status_code == operation.status, first.text
    again = contract.send(operation, path=path, headers=headers, **sent)
    assert again.status_code == first.status_code, again.text
    assert again.json["id"] == first.json["id"]
    assert again.json.get("version") == first.json.get("version")
    assert again.headers.get("Location") == first.headers.get("Location")
    if sent:
        other = {**sent["body"], **_another(sent["body"])}
        refused = contract.send(operation, path=path, headers=headers, body=other)
        assert refused.status_code in (400, 422), refused.text
