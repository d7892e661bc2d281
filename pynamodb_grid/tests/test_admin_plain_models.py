"""Rows of models without a version, with defaults and with values that may be empty."""

import itertools
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_admin import Admin
from flask_wtf import CSRFProtect
from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from pynamodb_grid.admin import Missing, ModelSource, PynamoView, Refused, StaleWrite
from pynamodb_grid.listing import Condition, Fixed, IndexPlan, Listing, Op, Plain, Sort
from pynamodb_grid.tests.support import stamp

_numbers = itertools.count(1)
_Index: Any = GlobalSecondaryIndex


class NoteBase(Model):
    """A note of an owner; nobody's notes are in the index as well."""

    title = UnicodeAttribute(hash_key=True)
    text = UnicodeAttribute(null=True)
    owner = UnicodeAttribute(default="nobody")
    rank = NumberAttribute(default_for_new=1)
    remark = UnicodeAttribute(default="")
    starred = BooleanAttribute(null=True)
    shown = BooleanAttribute(default=False)
    seen = BooleanAttribute()
    due = UTCDateTimeAttribute(null=True)
    extra = JSONAttribute(null=True)


class Notes(PynamoView):
    """Everything is allowed."""

    column_editable_list = ("text", "owner", "remark", "starred", "seen", "due", "extra")

    def can(self, _action: str) -> bool:
        return True


@pytest.fixture
def model(aws: None) -> type[Any]:
    """Makes a table with one note."""

    class ByOwner(_Index):  # type: ignore[misc]
        class Meta:
            index_name, projection = "by_owner", AllProjection()

        owner = UnicodeAttribute(hash_key=True)
        rank = NumberAttribute(range_key=True)

    class Note(NoteBase):
        class Meta:
            table_name, region = f"plain-notes-{next(_numbers)}", "eu-west-1"

        by_owner = ByOwner()

    Note.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
    Note(
        title="a",
        text=" first\r\nline ",
        due=stamp(0).replace(microsecond=7),
        extra={"b": 1, "a": 2},
        seen=True,
    ).save()
    return Note


@pytest.fixture
def source(model: type[Any]) -> ModelSource:
    """Reads by owner."""
    listing = Listing(model, key=b"test", plans=[IndexPlan("by_owner", Fixed("owner"), Plain("rank"))])
    return ModelSource(model, listing)


@pytest.fixture
def client(model: type[Any], source: ModelSource) -> FlaskClient:
    """Opens the view."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="test", TESTING=True, WTF_CSRF_ENABLED=False)
    CSRFProtect(app)
    view = Notes(model, source, name="Notes", endpoint="notes")
    Admin(app).add_view(view)
    return app.test_client()


def form_of(client: FlaskClient) -> dict[str, Any]:
    """Fills the edit form as a browser does."""
    html = client.get("/admin/notes/edit/?id=a").text
    shown = re.search(r'name="_shown_values" value="([^"]*)"', html)
    assert shown is not None
    texts = json.loads(unescape(shown[1]))
    data = {
        name: text
        for name, text in texts.items()
        if name not in ("shown", "due") and (name, text) != ("seen", "false")
    }
    return {**data, "due": texts["due"][:19], "_shown_values": unescape(shown[1]), "_version": ""}


def save(client: FlaskClient, form: dict[str, Any], **changes: Any) -> Any:
    return client.post("/admin/notes/edit/?id=a", data={**form, **changes})


def edit_cell(client: FlaskClient, field: str, value: Any, old: str) -> Any:
    body = {"pk": "a", "field": field, "value": value, "old": old}
    return client.post("/admin/notes/ajax/update/", json=body)


def test_saving_a_form_unchanged_changes_nothing(client: FlaskClient, model: type[Any]) -> None:
    before = model.get("a").attribute_values
    form = form_of(client)
    assert save(client, form).status_code == 302
    assert model.get("a").attribute_values == before


def test_an_empty_yes_or_no_has_three_choices(client: FlaskClient, model: type[Any]) -> None:
    model("a").update(actions=[model.seen.remove()])
    html = client.get("/admin/notes/edit/?id=a").text
    for name in ("starred", "seen"):
        assert re.search(rf'<select[^>]* name="{name}"[^>]*><option value="" selected>', html)
    assert re.search(r'<input[^>]* name="shown" type="checkbox"', html)
    for text, value in (("false", False), ("true", True), ("", None)):
        assert save(client, form_of(client), starred=text, seen="true", shown="true").status_code == 302
        assert model.get("a").starred is value
    row = model.get("a")
    assert (row.seen, row.shown) == (True, True)
    assert (
        save(client, {name: text for name, text in form_of(client).items() if name != "seen"}).status_code
        == 302
    )
    assert model.get("a").seen is False


def in_index(source: ModelSource) -> list[str]:
    return [row.title for row in source.iterate((Condition("owner", Op.EQ, "nobody"),), Sort("rank"))]


def test_a_value_that_a_model_needs_cannot_be_cleared(
    client: FlaskClient, model: type[Any], source: ModelSource
) -> None:
    assert "Owner needs a value." in save(client, form_of(client), owner="").text
    answer = edit_cell(client, "owner", "", "nobody")
    assert (answer.status_code, answer.json["message"]) == (400, "Owner needs a value.")
    with pytest.raises(Refused, match="Owner needs a value"):
        source.update("a", {"owner": None, "text": "x"}, None)
    with pytest.raises(Refused, match="Seen needs a value"):
        source.create({"title": "b"})
    assert (in_index(source), model.get("a").text) == (["a"], " first\r\nline ")


def test_a_new_row_takes_the_defaults(client: FlaskClient, source: ModelSource) -> None:
    row = source.create({"title": "b", "seen": False, "owner": None, "rank": None})
    assert (row.owner, row.rank) == ("nobody", 1)
    html = client.get("/admin/notes/new/").text
    assert 'value="nobody"' in html
    assert 'value="1"' in html


def test_text_that_is_empty_by_default_is_stored_empty(client: FlaskClient, model: type[Any]) -> None:
    assert save(client, form_of(client), remark="x", seen="true").status_code == 302
    assert model.get("a").remark == "x"
    assert edit_cell(client, "remark", "", "x").status_code == 200
    assert model.get("a").remark == ""


def test_a_form_is_saved_on_the_values_it_showed(
    client: FlaskClient, model: type[Any], source: ModelSource
) -> None:
    form = form_of(client)
    source.update("a", {"text": "theirs"}, None)
    answer = save(client, form, text="mine")
    assert answer.status_code == 409
    assert "<dd>theirs</dd>" in answer.text
    assert save(client, form, owner="me").status_code == 302
    assert (model.get("a").text, model.get("a").owner) == ("theirs", "me")


@pytest.mark.parametrize(
    ("field", "old", "values"),
    [
        ("text", " first\r\nline ", ("mine", "again")),
        ("due", "2026-01-01T00:00:00", ("2026-02-01T00:00", "2026-03-01T00:00")),
        ("extra", '{"b": 1, "a": 2}', ("{}", "[]")),
        ("starred", "", ("false", "true")),
    ],
)
def test_a_cell_is_saved_on_the_value_it_showed(
    client: FlaskClient, model: type[Any], field: str, old: str, values: tuple[str, str]
) -> None:
    assert edit_cell(client, field, values[0], old).status_code == 200
    changed = getattr(model.get("a"), field)
    assert edit_cell(client, field, values[1], old).status_code == 409
    assert getattr(model.get("a"), field) == changed


@pytest.fixture
def overtaken(source: ModelSource, model: type[Any]) -> Callable[[dict[str, Any]], None]:
    """Lets somebody else write between the source's read and its write."""
    read = source.get

    def arrange(changes: dict[str, Any]) -> None:
        def read_and_lose(pk: str) -> Any:
            row = read(pk)
            source.get = read  # type: ignore[method-assign]  # once
            source.update(pk, changes, None)
            return row

        source.get = read_and_lose  # type: ignore[method-assign]

    return arrange


def test_the_write_itself_is_conditional(
    overtaken: Callable[[dict[str, Any]], None], model: type[Any], source: ModelSource
) -> None:
    overtaken({"text": "theirs"})
    with pytest.raises(StaleWrite) as caught:
        source.update("a", {"text": "mine"}, None, shown_values={"text": " first\r\nline "})
    assert (caught.value.theirs, caught.value.yours) == ("theirs", "mine")
    overtaken({"owner": "them"})
    source.update("a", {"text": "mine"}, None, shown_values={"text": "theirs"})
    row = model.get("a")
    assert (row.text, row.owner) == ("mine", "them")


def test_deleting_what_is_gone_says_so(source: ModelSource, model: type[Any]) -> None:
    read = source.get

    def read_and_delete(pk: str) -> Any:
        row = read(pk)
        model(pk).delete()
        return row

    source.get = read_and_delete  # type: ignore[method-assign]
    with pytest.raises(Missing):
        source.delete("a")
