"""What becomes of Flask-Admin's options: each is honoured, refused by name, or listed as without effect."""

import csv
import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask_admin import Admin
from flask_admin.actions import action
from flask_admin.form import BaseForm
from flask_admin.model import BaseModelView
from flask_wtf import CSRFProtect
from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model
from wtforms import ValidationError, validators

from pynamodb_grid.admin import Field, PynamoView, TextFilter, expose
from pynamodb_grid.admin.flask_admin_options import HONOURED, REFUSED, WITHOUT_EFFECT
from pynamodb_grid.listing import Listing, SmallTable

_numbers = itertools.count(1)
_checked: set[str] = set()
Build = Callable[..., "Site"]


def honours(*names: str) -> Callable[[Any], Any]:
    """Say which options a test is about."""
    _checked.update(names)
    return lambda test: test


class Notes(PynamoView):
    """Everything is allowed."""

    def can(self, _action: str) -> bool:
        return True


class Site:
    """One view over one table, and a client."""

    def __init__(self, model: type[Any], view: type[PynamoView], **members: Any) -> None:
        self.model = model
        app = Flask(__name__)
        app.config.update(SECRET_KEY="test", TESTING=True)
        CSRFProtect(app)
        listing = Listing(model, key=b"test", plans=[SmallTable()])
        # A class body, so that methods and attributes are those of a project's own class.
        own = type(view)("OwnView", (view,), {"__module__": __name__, **members})
        self.view = own(model, listing=listing, name="Notes", endpoint="notes")
        Admin(app).add_view(self.view)
        self.client: FlaskClient = app.test_client()

    def get(self, path: str = "", status: int = 200) -> str:
        answer = self.client.get(f"/admin/notes/{path}")
        assert answer.status_code == status, answer.text
        return answer.text

    def csrf(self) -> str:
        match = re.search(r'data-csrf="([^"]+)"', self.get())
        assert match is not None
        return match[1]

    def post(self, path: str, **data: Any) -> Any:
        return self.client.post(f"/admin/notes/{path}", data={"csrf_token": self.csrf(), **data})

    def edit_cell(self, **body: Any) -> Any:
        headers = {"X-CSRFToken": self.csrf()}
        return self.client.post("/admin/notes/ajax/update/", json={"pk": "a", **body}, headers=headers)

    def row(self, key: str = "a") -> Any:
        return self.view.source.get(key)


@pytest.fixture
def build(aws: None) -> Build:
    """Makes a view with options over a table that has one note."""

    class Note(Model):
        class Meta:
            table_name = f"notes-{next(_numbers)}"
            region = "eu-west-1"

        title = UnicodeAttribute(hash_key=True)
        text = UnicodeAttribute(null=True)
        score = NumberAttribute(null=True)
        starred = BooleanAttribute(null=True)
        owner = UnicodeAttribute(default="nobody")

    Note.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
    Note(title="a", text="first", score=3).save()

    def make(view: type[PynamoView] = Notes, **members: Any) -> Site:
        return Site(Note, view, **members)

    return make


def public_names() -> set[str]:
    return {
        name
        for each in BaseModelView.__mro__
        if each is not object
        for name in vars(each)
        if not name.startswith("_")
    }


def test_every_option_is_in_one_group() -> None:
    groups = (HONOURED, set(REFUSED), set(WITHOUT_EFFECT))
    assert public_names() == set().union(*groups)
    assert sum(map(len, groups)) == len(public_names())


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_refused_option_is_named(build: Build, name: str) -> None:
    value = getattr(BaseModelView, name)
    given: Any = {"text": "x"}
    if callable(value):
        given = lambda *_args, **_kwargs: None  # noqa: E731  (stands for a method)
    elif isinstance(value, bool):
        given = not getattr(Notes, name)
    with pytest.raises(TypeError, match=rf"OwnView\.{name} is not supported by pynamodb_grid: \w"):
        build(**{name: given})


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("column_searchable_list", ("text", "owner"), "one column is searched"),
        ("column_default_sort", [("text", True), ("title", False)], "sorted by one column"),
        ("column_sortable_list", (("text", "owner"),), "its own field"),
        ("column_editable_list", ("nothing",), "no field 'nothing'"),
        ("form_columns", ("nothing",), "no field 'nothing'"),
        ("form_args", {"text": {"widget": None}}, "'widget' of 'text' is not one of default, description"),
        ("form_widget_args", {"nothing": {}}, "no field 'nothing'"),
        ("column_list", ("title", "nested.name"), "no field 'nested.name', and no formatter"),
        ("mark_read", action("read", "Mark as read")(lambda *_: None), "mark methods with @bulk_action"),
    ],
)
def test_a_value_that_would_be_ignored_is_refused(build: Build, option: str, value: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        build(**{option: value})


def test_a_view_without_a_model_has_no_write_hooks() -> None:
    class Rows(Notes):
        grid_fields = {"name": Field("name")}

        def on_model_change(self, *_: Any) -> None:
            raise AssertionError

    with pytest.raises(TypeError, match=r"Rows\.on_model_change .* needs a PynamoDB model"):
        Rows(object, source=object())  # type: ignore[arg-type]


@honours("can_create", "can_edit", "can_delete", "can_view_details", "can_export")
@pytest.mark.parametrize(
    ("switch", "path"),
    [
        ("can_create", "new/"),
        ("can_edit", "edit/?id=a"),
        ("can_view_details", "details/?id=a"),
        ("can_export", "export/csv/"),
    ],
)
def test_a_switch_closes_its_page(build: Build, switch: str, path: str) -> None:
    site = build(**{switch: False})
    site.get(path, status=403)
    assert path.split("/")[0] + "/" not in re.findall(r'href="/admin/notes/(\w+/)', site.get())
    build().get(path)


def test_can_delete_closes_every_way_to_delete(build: Build) -> None:
    site = build(can_delete=False)
    assert site.post("delete/", id="a").status_code == 403
    assert site.post("action/", action="delete", rowid="a").status_code == 403
    assert 'value="delete"' not in site.get()
    assert "Delete" not in site.get("details/?id=a")
    assert site.row() is not None


@honours("action_disallowed_list", "is_action_allowed", "action_view")
def test_an_action_can_be_switched_off(build: Build) -> None:
    for site in (
        build(action_disallowed_list=["delete"]),
        build(is_action_allowed=lambda _self, name: name != "delete"),
    ):
        assert 'value="delete"' not in site.get()
        assert site.post("action/", action="delete", rowid="a").status_code == 403
        assert site.row() is not None


@honours("list_template", "edit_template", "create_template", "details_template", "render")
def test_templates(build: Build) -> None:
    asked: list[str] = []
    names = {f"{page}_template": f"own/{page}.html" for page in ("list", "edit", "create", "details")}
    site = build(render=lambda _self, template, **_context: asked.append(template) or template, **names)
    for path in ("", "edit/?id=a", "new/", "details/?id=a"):
        site.get(path)
    assert asked == ["own/list.html", "own/edit.html", "own/create.html", "own/details.html"]


@honours("extra_css", "extra_js")
def test_extra_files(build: Build) -> None:
    html = build(extra_css=["/own.css"], extra_js=["/own.js"]).get()
    assert "/own.css" in html
    assert "/own.js" in html


def heads(html: str) -> list[str]:
    return [
        re.sub(r"<.*?>", "", text).strip()
        for text in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', html, re.S)
    ][1:-1]


@honours(
    "column_list",
    "column_exclude_list",
    "column_display_pk",
    "column_labels",
    "get_column_name",
    "get_column_names",
)
@honours("get_list_columns", "scaffold_list_columns")
def test_columns_of_the_list(build: Build) -> None:
    assert heads(build(column_list=("text", "title")).get()) == ["Text", "Title"]
    assert heads(build(column_exclude_list=("text", "starred", "owner")).get()) == ["Score", "Title"]
    assert heads(build(column_display_pk=False).get()) == ["Owner", "Score", "Starred", "Text"]
    assert heads(build(column_list=("text",), column_labels={"text": "Words"}).get()) == ["Words"]
    assert heads(build(column_list=("text",), get_column_name=lambda _self, name: name.upper()).get()) == [
        "TEXT"
    ]
    one = [("score", "Points")]
    assert heads(build(get_column_names=lambda *_args, **_kwargs: one).get()) == ["Points"]
    assert heads(build(get_list_columns=lambda _self: one).get()) == ["Points"]
    assert heads(build(scaffold_list_columns=lambda _self: ["owner"]).get()) == ["Owner"]


@honours("column_details_list", "column_details_exclude_list", "get_details_columns", "details_view")
def test_fields_of_the_details(build: Build) -> None:
    def fields(**options: Any) -> list[str]:
        return re.findall(r'data-field="(\w+)"', build(**options).get("details/?id=a"))

    assert fields(column_details_list=("text",)) == ["text"]
    assert fields(column_details_exclude_list=("text", "starred", "owner")) == ["score", "title"]
    assert fields(get_details_columns=lambda _self: [("score", "Points")]) == ["score"]


@honours(
    "column_export_list",
    "column_export_exclude_list",
    "get_export_columns",
    "export_max_rows",
    "get_export_name",
    "export",
)
def test_columns_of_the_export(build: Build) -> None:
    def first_line(**options: Any) -> str:
        first = build(**options).get("export/csv/").splitlines()[0]
        return ",".join(next(csv.reader([first.removeprefix("\ufeff")])))

    assert first_line(column_export_list=("text",)) == "Text"
    assert first_line(column_export_exclude_list=("text", "starred", "owner")) == "Score,Title"
    assert first_line(get_export_columns=lambda _self: [("score", "Points")]) == "Points"
    site = build(export_max_rows=1, get_export_name=lambda _self, kind="csv": f"own.{kind}")
    site.model(title="b").save()
    answer = site.client.get("/admin/notes/export/csv/")
    assert "first 1 rows" in answer.text
    assert "own.csv" in answer.headers["Content-Disposition"]


@honours("column_formatters", "column_formatters_export", "column_formatters_detail")
@honours("column_type_formatters", "column_type_formatters_export", "column_type_formatters_detail")
def test_formatters_of_each_page(build: Build) -> None:
    def pages(site: Site) -> list[bool]:
        shown = (site.get(), site.get("details/?id=a"), site.get("export/csv/"))
        return ["&lt;FIRST&gt;" in text or "<FIRST>" in text for text in shown]

    def loud(_view: Any, _context: Any, row: Any, _name: str) -> str:
        return f"<{row.text.upper()}>"

    of_type = {str: lambda _view, value, _name: f"<{value.upper()}>"}
    of_text = {"text": loud}
    assert pages(build(column_formatters=of_text)) == [True, True, True]
    assert pages(build(column_formatters_detail=of_text)) == [False, True, False]
    assert pages(build(column_formatters_export=of_text)) == [False, False, True]
    assert pages(build(column_type_formatters=of_type)) == [True, False, False]
    assert pages(build(column_type_formatters_detail=of_type)) == [False, True, False]
    assert pages(build(column_type_formatters_export=of_type)) == [False, False, True]
    assert "3 points" in build(column_formatters_export={"score": lambda *_: "3 points"}).get("export/csv/")


@honours("column_descriptions", "column_display_actions", "get_empty_list_message")
def test_what_stands_around_the_cells(build: Build) -> None:
    assert 'title="What it says"' in build(column_descriptions={"text": "What it says"}).get()
    assert "edit/?id=a" in build().get()
    assert "edit/?id=a" not in build(column_display_actions=False).get()
    site = build(get_empty_list_message=lambda _self: "All quiet.", column_filters=("text",))
    assert "All quiet." in site.get("?text=nothing")


@honours("column_sortable_list", "column_default_sort")
def test_sorting(build: Build) -> None:
    html = build(column_sortable_list=("score",)).get()
    assert "sort=score" in html
    assert "sort=text" not in html
    for declared, state in (
        ("text", "ascending"),
        (("text", True), "descending"),
        ([("text", True)], "descending"),
    ):
        assert f'aria-sort="{state}"' in build(column_default_sort=declared).get()


@honours("column_searchable_list", "init_search", "search_placeholder")
def test_search(build: Build) -> None:
    site = build(column_searchable_list=("text",), search_placeholder=lambda _self: "Find a note")
    assert 'placeholder="Find a note"' in site.get()
    assert 'data-pk="a"' in site.get("?search=irs")
    assert 'data-pk="a"' not in site.get("?search=nothing")
    assert (
        'name="search"' not in build(column_searchable_list=("text",), init_search=lambda _self: False).get()
    )


@honours("column_filters", "get_filters", "scaffold_filters", "handle_filter", "is_valid_filter")
def test_filters(build: Build) -> None:
    own = TextFilter("text", "Own words", name="words")
    sites = (
        build(column_filters=(own,)),
        build(get_filters=lambda _self: [own]),
        build(column_filters=("text",), scaffold_filters=lambda _self, _name: [own]),
        build(column_filters=(TextFilter("text"),), handle_filter=lambda _self, _filter: own),
    )
    for site in sites:
        assert "Own words" in site.get()
        assert 'data-pk="a"' not in site.get("?words=nothing")
    with pytest.raises(Exception, match="filter"):
        build(column_filters=(own,), is_valid_filter=lambda *_: False)


@honours("page_size", "page_size_options", "can_set_page_size")
def test_page_sizes(build: Build) -> None:
    site = build(page_size=1, page_size_options=(1, 7))
    site.model(title="b").save()
    assert site.get().count("data-pk=") == 1
    assert "size=7" in site.get()
    assert site.get("?size=7").count("data-pk=") == 2
    site.get("?size=100", status=400)
    fixed = build(can_set_page_size=False, page_size=1)
    assert "size=" not in fixed.get().replace("multiple size=", "")
    assert "The page size is fixed." in fixed.get("?size=50", status=400)


@honours("column_editable_list", "ajax_update")
def test_inline_editing(build: Build) -> None:
    site = build(column_editable_list=("text",))
    assert site.edit_cell(field="score", value="4").status_code == 400
    assert site.edit_cell(field="text", value="second", old="first").status_code == 200
    assert site.row().text == "second"


@honours("form_columns", "form_excluded_columns", "form_widget_args", "form_base_class")
@honours(
    "form_args", "scaffold_form", "get_form", "get_create_form", "get_edit_form", "create_form", "edit_form"
)
def test_forms(build: Build) -> None:
    def names(path: str = "new/", **options: Any) -> list[str]:
        inputs = re.findall(r'<(?:input|select|textarea)[^>]* name="([a-z]+)"', build(**options).get(path))
        return [name for name in inputs if name != "url"]

    assert names(form_columns=("text", "title")) == ["text", "title"]
    assert names(form_excluded_columns=("text", "starred", "owner")) == ["score", "title"]
    html = build(
        form_args={"text": {"label": "Words", "description": "Be brief.", "default": "hello"}},
        form_widget_args={"text": {"data-own": "yes"}},
    ).get("new/")
    for part in ("Words", "Be brief.", 'value="hello"', 'data-own="yes"'):
        assert part in html

    only_text: Any = lambda view: view._form_class([view.fields["text"]])  # noqa: E731  (a method in short)
    for name in ("scaffold_form", "get_form", "get_create_form"):
        assert names(**{name: only_text}) == ["text"]
    assert names("edit/?id=a", get_edit_form=only_text) == ["text"]
    assert names(create_form=lambda view, obj=None: only_text(view)(obj=obj)) == ["text"]
    assert names("edit/?id=a", edit_form=lambda view, obj=None: only_text(view)(obj=obj)) == ["text"]


class Polite(BaseForm):
    """A base of forms with a check of its own."""

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        valid = bool(super().validate(*args, **kwargs))
        if self.data.get("text") == "rude":
            self.form_errors.append("Say it politely.")
            return False
        return valid


@honours("validate_form", "create_view", "edit_view", "create_model")
def test_every_check_of_a_form_counts(build: Build) -> None:
    site = build(form_base_class=Polite)
    assert "Say it politely." in site.post("new/", title="b", text="rude", owner="x").text
    assert "Say it politely." in site.post("edit/?id=a", text="rude", owner="x").text
    site = build(validate_form=lambda _self, _form: False)
    assert site.post("new/", title="b", owner="x").status_code == 400
    site = build(create_model=lambda _self, _form: False)
    assert site.post("new/", title="b", owner="x").status_code == 400
    assert site.row("b") is None
    assert build().post("new/", title="b", owner="x").status_code == 302
    assert site.row("b").owner == "x"


def test_validators_hold_for_every_way_to_write(build: Build) -> None:
    site = build(
        form_args={
            "text": {"validators": [validators.Length(min=3, message="Too short.")], "filters": [_stripped]}
        },
        column_editable_list=("text",),
    )
    assert "Too short." in site.post("new/", title="b", text="x", owner="x").text
    assert "Too short." in site.post("edit/?id=a", text="x", owner="x").text
    answer = site.edit_cell(field="text", value="x", old="first")
    assert (answer.status_code, answer.json["message"]) == (400, "Too short.")
    assert (site.row("b"), site.row().text) == (None, "first")
    assert site.edit_cell(field="text", value="second!", old="first").status_code == 200
    assert site.row().text == "second"


def _stripped(text: str | None) -> str | None:
    return text and text.strip("!")


@honours("on_model_change", "after_model_change")
def test_hooks_around_a_change(build: Build) -> None:
    told: list[tuple[str, bool]] = []

    def before(_self: Any, form: Any, model: Any, is_created: bool) -> None:
        if form.text.data == "forbidden":
            raise ValidationError("Not this text.")
        model.owner = "hook" if is_created else f"{model.text} by hook"

    def after(_self: Any, _form: Any, model: Any, is_created: bool) -> None:
        told.append((model.title, is_created))

    site = build(on_model_change=before, after_model_change=after, column_editable_list=("text",))
    assert site.post("new/", title="b", text="x", owner="x").status_code == 302
    assert site.row("b").owner == "hook"
    assert site.post("edit/?id=a", text="edited", owner="nobody").status_code == 302
    assert site.row().owner == "edited by hook"
    assert site.edit_cell(field="text", value="in place", old="edited").status_code == 200
    assert site.row().owner == "in place by hook"
    assert told == [("b", True), ("a", False), ("a", False)]
    assert "Not this text." in site.post("edit/?id=a", text="forbidden", owner="nobody").text
    assert "Not this text." in site.post("new/", title="c", text="forbidden", owner="x").text
    assert site.edit_cell(field="text", value="forbidden", old="in place").json["message"] == "Not this text."
    assert (site.row().text, site.row("c"), len(told)) == ("in place", None, 3)


@honours("on_model_delete", "after_model_delete")
def test_hooks_around_a_deletion(build: Build) -> None:
    told: list[str] = []

    def before(_self: Any, model: Any) -> None:
        if model.title == "a":
            raise ValidationError("This note stays.")

    site = build(on_model_delete=before, after_model_delete=lambda _self, model: told.append(model.title))
    for title in ("b", "c"):
        site.model(title=title).save()
    site.post("delete/", id="a")
    assert "This note stays." in site.get()
    site.post("delete/", id="b")
    site.post("action/", action="delete", rowid=["a", "c"])
    assert "This note stays." in site.get()
    assert [site.row(title) is not None for title in "abc"] == [True, False, False]
    assert told == ["b", "c"]


@honours("on_form_prefill", "get_one", "get_save_return_url")
def test_the_edit_form_and_where_it_leads(build: Build) -> None:
    def fill(_self: Any, form: Any, id: str) -> None:
        form.text.data = f"prefilled for {id}"

    site = build(
        on_form_prefill=fill, get_save_return_url=lambda _self, _model, is_created=False: f"/?{is_created}"
    )
    assert 'value="prefilled for a"' in site.get("edit/?id=a")
    assert site.post("edit/?id=a", text="x", owner="x").location == "/?False"
    assert site.post("new/", title="b", owner="x").location == "/?True"
    build(get_one=lambda _self, _id: None).get("edit/?id=a", status=404)


@honours("index_view", "ajax_lookup", "delete_view", "get_url", "is_visible", "is_accessible")
@honours("inaccessible_callback", "create_blueprint")
def test_pages_of_ones_own(build: Build) -> None:
    class Own(Notes):
        @expose("/")
        def index_view(self) -> Any:
            return "my list"

        @expose("/ajax/lookup/")
        def ajax_lookup(self) -> Any:
            return "my lookup"

        @expose("/delete/", methods=("POST",))
        def delete_view(self) -> Any:
            return "my delete"

    site = build(Own, csrf=None)
    assert (site.get(), site.get("ajax/lookup/")) == ("my list", "my lookup")
    site.client.application.config["WTF_CSRF_ENABLED"] = False
    assert site.client.post("/admin/notes/delete/").text == "my delete"
    assert "/moved/" in build(get_url=lambda _self, _endpoint, **_values: "/moved/").get()
    assert "Notes" in build().client.get("/admin/").text
    assert "Notes" not in build(is_visible=lambda _self: False).client.get("/admin/").text
    build(is_accessible=lambda _self: False).get(status=403)
    away = build(
        is_accessible=lambda _self: False,
        inaccessible_callback=lambda _self, *_args, **_kwargs: ("away", 418),
    )
    away.get(status=418)

    def create_blueprint(self: Any, admin: Any) -> Any:
        blueprint = super(Notes, self).create_blueprint(admin)
        blueprint.before_request(lambda: f"before {request.path}")
        return blueprint

    assert build(create_blueprint=create_blueprint).get() == "before /admin/notes/"


def test_each_honoured_option_has_its_test() -> None:
    assert _checked == HONOURED
