"""Forms, inline editing, bulk actions, and what happens when two people write."""

import json
import re
from html import unescape
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from pynamodb_grid.admin import Denied, ModelSource
from pynamodb_grid.tests.admin_app import EVERYTHING, make_app, token
from pynamodb_grid.tests.support import stamp, store, ticket


@pytest.fixture
def app(moto_table: type[Any]) -> Flask:
    rows = [ticket(moto_table, n, subject=f"Subject {n}", updated_at=stamp(n)) for n in (1, 2, 13)]
    store(moto_table, rows)
    return make_app(moto_table)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def edit_cell(client: FlaskClient, body: Any, csrf: str | None = None) -> Any:
    headers = {"X-CSRFToken": token(client) if csrf is None else csrf}
    return client.post("/admin/tickets/ajax/update/", json=body, headers=headers)


def hidden(html: str, name: str) -> str:
    match = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert match is not None
    return unescape(match[1])


def test_a_cell_is_saved(client: FlaskClient, source: Any) -> None:
    version = source.get("1").version
    answer = edit_cell(
        client, {"pk": "1", "field": "status", "value": "solved", "version": version, "old": "open"}
    )
    assert answer.status_code == 200
    assert answer.json == {
        "ok": True,
        "value": "Solved",
        "raw": "solved",
        "version": version + 1,
        "undo": None,
    }
    assert source.get("1").state_shard == "done#1"


def test_a_cell_needs_its_csrf_token(client: FlaskClient, source: Any) -> None:
    assert edit_cell(client, {"pk": "1", "field": "status", "value": "solved"}, csrf="").status_code == 400
    assert source.get("1").status == "open"


def test_the_same_field_conflicts(client: FlaskClient, source: Any) -> None:
    version = source.get("1").version
    source.update("1", {"status": "pending"}, version)
    answer = edit_cell(
        client, {"pk": "1", "field": "status", "value": "solved", "version": version, "old": "open"}
    )
    assert answer.status_code == 409
    assert answer.json["conflict"] == {
        "field": "status", "label": "Status", "old": "Open", "theirs": "Pending", "yours": "Solved",
    }  # fmt: skip
    assert answer.json["version"] == version + 1
    assert source.get("1").status == "pending"


def test_different_fields_are_both_kept(client: FlaskClient, source: Any) -> None:
    version = source.get("1").version
    source.update("1", {"status": "pending"}, version)
    answer = edit_cell(client, {"pk": "1", "field": "score", "value": "7", "version": version, "old": ""})
    assert answer.status_code == 200
    row = source.get("1")
    assert (row.status, row.score) == ("pending", 7)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {"pk": 1, "field": "status", "value": "open"},
        {"pk": "1", "field": "ticket_id", "value": "5"},
        {"pk": "1", "field": ["status"], "value": "open"},
        {"pk": "1", "field": "status", "value": "nonsense"},
        {"pk": "1", "field": "status", "value": ""},
        {"pk": "1", "field": "status", "value": None},
        {"pk": "1", "field": "status", "value": {"$ne": 1}},
        {"pk": "1", "field": "subject", "value": "x" * 41},
        {"pk": "1", "field": "subject", "value": "\ud800"},
        {"pk": "1", "field": "score", "value": "1e999"},
        {"pk": "1", "field": "score", "value": [1]},
        {"pk": "1", "field": "score", "value": True},
        {"pk": "1", "field": "status", "value": "open", "version": "x"},
        {"pk": "1", "field": "status", "value": "open", "version": "9" * 40},
    ],
)
def test_a_bad_cell_is_refused_with_words(client: FlaskClient, source: Any, body: Any) -> None:
    before = source.get("1").attribute_values
    answer = edit_cell(client, body)
    assert answer.status_code == 400
    assert answer.json["message"].endswith(".")
    assert source.get("1").attribute_values == before


@pytest.mark.parametrize("pk", ["999", "abc", "", "9" * 50, "1,2", "\x00", "-" * 5000])
def test_a_row_that_is_not_there(client: FlaskClient, pk: str) -> None:
    assert edit_cell(client, {"pk": pk, "field": "status", "value": "open"}).status_code == 404
    for page in ("details", "edit"):
        assert client.get(f"/admin/tickets/{page}/", query_string={"id": pk}).status_code == 404


def test_a_record_is_created_by_form(client: FlaskClient, source: Any) -> None:
    data = {
        "csrf_token": token(client), "ticket_id": "50", "subject": "New one", "status": "open",
        "assignee_id": "ana", "updated_at": "2026-01-05T10:00", "score": "1.5", "urgent": "true",
        "tags": "b\na\n", "steps": "one\r\ntwo", "extra": '{"k": [1]}', "due_at": "",
    }  # fmt: skip
    answer = client.post("/admin/tickets/new/", data=data)
    assert answer.status_code == 302
    row = source.get("50")
    assert (row.subject, row.score, row.urgent, row.tags, row.steps) == (
        "New one",
        1.5,
        True,
        {"a", "b"},
        ["one", "two"],
    )
    assert (row.extra, row.due_at, row.state_shard) == ({"k": [1]}, None, "open#0")
    again = client.post("/admin/tickets/new/", data=data)
    assert again.status_code == 400
    assert "already exists" in again.text


def test_a_bad_form_comes_back_with_each_error(client: FlaskClient) -> None:
    data = {
        "csrf_token": token(client), "ticket_id": "x", "subject": "<b>" + "x" * 50, "status": "nope",
        "updated_at": "never", "extra": "{", "score": "1e400",
    }  # fmt: skip
    answer = client.post("/admin/tickets/new/", data=data)
    assert answer.status_code == 400
    for words in (
        "Ticket id needs a number", "longer than 40", "does not have the choice", "such as 2026-01-31T09:00",
        "not valid JSON", "Score needs a number",
    ):  # fmt: skip
        assert words in answer.text
    assert "<b>" not in answer.text
    assert 'value="x"' in answer.text


def test_fields_come_in_the_declared_order(client: FlaskClient) -> None:
    html = client.get("/admin/tickets/new/").text
    names = re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', html)
    shown = [n for n in names if n not in ("csrf_token", "url")]
    assert shown[:4] == ["ticket_id", "subject", "status", "assignee_id"]
    assert 'name="ticket_id"' not in client.get("/admin/tickets/edit/?id=1").text


def form_of(client: FlaskClient, pk: str) -> dict[str, str]:
    html = client.get(f"/admin/tickets/edit/?id={pk}").text
    seen = json.loads(hidden(html, "_shown_values"))
    fields = {name: text for name, text in seen.items() if name not in ("urgent", "updated_at")}
    return {
        "csrf_token": token(client), "_shown_values": hidden(html, "_shown_values"),
        "_version": hidden(html, "_version"), "updated_at": seen["updated_at"][:19], **fields,
    }  # fmt: skip


def test_an_edit_sends_only_what_changed(client: FlaskClient, source: Any) -> None:
    form = form_of(client, "1")
    source.update("1", {"status": "pending"}, None)
    assert client.post("/admin/tickets/edit/?id=1", data={**form, "subject": "Mine"}).status_code == 302
    row = source.get("1")
    assert (row.subject, row.status) == ("Mine", "pending")


def test_an_edit_of_the_same_field_shows_both_values(client: FlaskClient, source: Any) -> None:
    form = form_of(client, "1")
    source.update("1", {"subject": "Theirs", "score": 4}, None)
    answer = client.post("/admin/tickets/edit/?id=1", data={**form, "subject": "Mine"})
    assert answer.status_code == 409
    assert "<dd>Subject 1</dd>" in answer.text
    assert "<dd>Theirs</dd>" in answer.text
    assert "<dd>Mine</dd>" in answer.text
    again = {**form, "subject": "Mine", "score": "4", "_shown_values": hidden(answer.text, "_shown_values")}
    again["_version"] = hidden(answer.text, "_version")
    assert client.post("/admin/tickets/edit/?id=1", data=again).status_code == 302
    row = source.get("1")
    assert (row.subject, row.score) == ("Mine", 4)


@pytest.mark.parametrize("seen", ["", "{", "[]", "null", "[" * 100_000, '{"score": "x"}'])
def test_a_tampered_note_of_what_was_seen_is_harmless(client: FlaskClient, seen: str) -> None:
    answer = client.post(
        "/admin/tickets/edit/?id=1", data={**form_of(client, "1"), "_shown_values": seen, "subject": "S"}
    )
    assert answer.status_code == 302


def test_bulk_answers_per_row(client: FlaskClient, source: Any) -> None:
    version = source.get("2").version
    source.update("2", {"assignee_id": "ben"}, version)
    data = {"action": "assign", "value": "ana", "rowid": ["1:1", f"2:{version}", "13:1", "999", "x:y:z"]}
    answer = client.post(
        "/admin/tickets/action/", data=data,
        headers={"X-CSRFToken": token(client), "Accept": "application/json"},
    )  # fmt: skip
    assert answer.json is not None
    statuses = {r["pk"]: r["status"] for r in answer.json["results"]}
    assert statuses == {"1": "done", "2": "conflict", "13": "failed", "999": "failed", "x:y:z": "failed"}
    assert (answer.json["done"], answer.json["conflict"], answer.json["failed"]) == (1, 1, 3)
    assert source.get("1").assignee_id == "ana"
    assert source.get("1").assignee_key.startswith("open#")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"action": "nonsense", "rowid": "1"},
        {"action": "assign", "value": "ana"},
        {"action": "assign", "value": "nobody", "rowid": "1"},
        {"action": "assign", "value": "ana", "rowid": [str(n) for n in range(201)]},
    ],
)
def test_a_bad_bulk_request_is_refused(client: FlaskClient, data: dict[str, Any]) -> None:
    headers = {"X-CSRFToken": token(client), "Accept": "application/json"}
    assert client.post("/admin/tickets/action/", data=data, headers=headers).status_code == 400
    data["csrf_token"] = headers["X-CSRFToken"]
    assert client.post("/admin/tickets/action/", data=data, follow_redirects=True).status_code == 200


def test_bulk_needs_its_permission(app: Flask) -> None:
    @app.before_request
    def restrict() -> None:
        g.allowed = EVERYTHING - {"bulk:delete"}

    client = app.test_client()
    data = {"action": "delete", "rowid": "1", "csrf_token": token(client)}
    answer = client.post("/admin/tickets/action/", data=data, headers={"Accept": "application/json"})
    assert answer.status_code == 403


def test_a_row_that_is_not_theirs_to_write(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: Any, **__: Any) -> None:
        raise Denied("This is not yours.")

    form = {**form_of(client, "1"), "subject": "Mine"}
    cell = {"pk": "1", "field": "status", "value": "closed"}
    headers = {"X-CSRFToken": token(client)}
    monkeypatch.setattr(ModelSource, "update", deny)
    answer = client.post("/admin/tickets/ajax/update/", json=cell, headers=headers)
    assert (answer.status_code, answer.json) == (403, {"ok": False, "message": "This is not yours."})
    assert client.post("/admin/tickets/edit/?id=1", data=form).status_code == 403


def test_a_record_is_deleted(client: FlaskClient, source: Any) -> None:
    stale = {"csrf_token": token(client), "id": "1", "version": "99"}
    client.post("/admin/tickets/delete/", data=stale)
    assert source.get("1") is not None
    client.post("/admin/tickets/delete/", data={**stale, "version": "1"})
    assert source.get("1") is None


def test_details_show_every_field(client: FlaskClient) -> None:
    html = client.get("/admin/tickets/details/?id=1").text
    assert '<dd class="col-sm-9" data-field="subject">Subject 1</dd>' in html
    assert "2026-01-01 00:01 UTC" in html
