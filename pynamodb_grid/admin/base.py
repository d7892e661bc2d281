"""What every page of a view shares: configuration, permissions, fields and Flask-Admin's own interface."""

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, request
from flask_admin.form import BaseForm
from flask_admin.model import BaseModelView
from pynamodb.models import Model
from wtforms import ValidationError

from pynamodb_grid.admin.bulk import declared_actions
from pynamodb_grid.admin.fields import Choices, Field, Kind, display, scaffold_fields
from pynamodb_grid.admin.filters import GridFilter, scaffold_filter
from pynamodb_grid.admin.flask_admin_options import overrides, refuse_unsupported
from pynamodb_grid.admin.forms import form_class
from pynamodb_grid.admin.query import RESERVED
from pynamodb_grid.admin.source import ModelSource, Source
from pynamodb_grid.admin.write_errors import Missing, Refused, WriteError
from pynamodb_grid.listing import Condition, Conditions, Listing, ListRequest, Op, Sort

_HERE = Path(__file__).parent
_ACTIONS = {
    "index_view": "list",
    "details_view": "details",
    "create_view": "create",
    "edit_view": "edit",
    "ajax_update": "edit",
    "delete_view": "delete",
    "export": "export",
    "action_view": "list",
    "ajax_lookup": "list",
}


class GridBase(BaseModelView):  # type: ignore[misc]  # Flask-Admin ships no types
    """Holds the configuration; class attributes are Flask-Admin's unless described here.

    grid_fields adds to or replaces the fields scaffolded from the model; choices and max_lengths adjust
    them. default_sort orders the list when the URL does not. noun is what messages call a row. Without
    row_cells, rows carry no cells: for templates that draw them from the items alone.

    An option of Flask-Admin that would be ignored is refused when the view is made (flask_admin_options.py).
    """

    list_template = "pynamodb_grid/list.html"
    details_template = "pynamodb_grid/details.html"
    create_template = "pynamodb_grid/form.html"
    edit_template = "pynamodb_grid/form.html"
    can_view_details = True
    can_export = True
    named_filter_urls = True
    can_set_page_size = True
    column_display_pk = True
    page_size = 25
    page_size_options = (25, 50, 100)

    grid_fields: Mapping[str, Field] = {}
    choices: Mapping[str, Choices] = {}
    max_lengths: Mapping[str, int] = {}
    default_sort: Sort | None = None
    noun = "record"
    row_cells = True

    def __init__(
        self,
        model: type[Any],
        source: Source | None = None,
        *,
        listing: Listing | None = None,
        **options: Any,
    ) -> None:
        """Read and write through source, or through listing and the model itself."""
        if source is None:
            if listing is None:
                raise TypeError("a view needs a source or a listing")
            source = ModelSource(model, listing)
        self.source: Source = source
        self.model = model
        self.fields = self._make_fields(model)
        self.init_actions()
        refuse_unsupported(self)
        self.default_sort = self.default_sort or _sort(self.column_default_sort)
        # Flask-Admin puts formatters of its own in the place of none.
        self._type_formatters = {
            "list": self.column_type_formatters or {},
            "details": self.column_type_formatters_detail or {},
            "export": self.column_type_formatters_export or {},
        }
        self._bulk_actions = declared_actions(self)
        super().__init__(model, static_folder=str(_HERE / "static"), **options)

    def _make_fields(self, model: type[Any]) -> dict[str, Field]:
        fields: dict[str, Field] = {}
        if isinstance(model, type) and issubclass(model, Model):
            labels = self.column_labels or {}
            fields = scaffold_fields(
                model, labels=labels, choices=self.field_choices(), max_lengths=self.max_lengths
            )
        return fields | dict(self.grid_fields)

    def create_blueprint(self, admin: Any) -> Blueprint:
        """Make the blueprint, with this package's templates beside Flask-Admin's."""
        blueprint: Blueprint = super().create_blueprint(admin)
        # Flask-Admin's own templates are found through its index view's blueprint.
        blueprint.template_folder = str(_HERE / "templates")
        return blueprint

    # Hooks

    def can(self, action: str) -> bool:
        """Decide whether the current person may: list, details, create, edit, delete, export, bulk:<name>.

        Nothing is allowed unless a subclass says so.
        """
        del action
        return False

    def field_choices(self) -> Mapping[str, Choices]:
        """Give the choices per field; override where they come from services."""
        return self.choices

    def search_conditions(self, text: str) -> Conditions:
        """Turn the search box's text into conditions; by default on the first searchable column."""
        return (Condition(self.column_searchable_list[0], Op.CONTAINS, text),)

    # Permissions and dispatch

    def allowed(self, action: str) -> bool:
        """Combine Flask-Admin's switches with the `can` hook."""
        switches = {
            "create": self.can_create,
            "edit": self.can_edit,
            "delete": self.can_delete,
            "details": self.can_view_details,
            "export": self.can_export,
        }
        return bool(switches.get(action, True)) and self.can(action)

    def is_action_allowed(self, name: str) -> bool:
        """Offer a bulk action to those who may use it; none deletes where can_delete is off."""
        switched_on = name not in (self.action_disallowed_list or ()) and (
            name != "delete" or self.can_delete
        )
        return bool(switched_on) and self.can(f"bulk:{name}")

    def is_accessible(self) -> bool:
        """Show the view to those who may list."""
        return self.can("list")

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        refused = super()._handle_view(name, **kwargs)
        if refused is not None:
            return refused
        if request.method == "POST" and "csrf" not in current_app.extensions:
            raise RuntimeError("PynamoView needs flask_wtf.CSRFProtect on the application")
        if not self.allowed(_ACTIONS.get(name, name)):
            return self.inaccessible_callback(name, **kwargs) or abort(403)
        return None

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call the page; Flask-Admin's own version hides every TypeError behind a second call."""
        return fn(self, *args, **kwargs)

    # Flask-Admin's interface of a backend

    def get_pk_value(self, model: Any) -> str:
        """Give a row's key as text."""
        return self.source.pk(model)

    def scaffold_list_columns(self) -> list[str]:
        """List every field, without the key where column_display_pk is off."""
        return [name for name, field in self.fields.items() if self.column_display_pk or not field.key]

    def scaffold_sortable_columns(self) -> dict[str, str]:
        """Name what can be sorted without a filter; each list page asks again with its filters."""
        return {name: name for name in self.source.sortable(())}

    def get_sortable_columns(self) -> dict[str, str]:
        """Ask nothing at start-up: `served_columns` decides per request."""
        return {}

    def init_search(self) -> bool:
        """Offer search where columns are declared searchable."""
        return bool(self.column_searchable_list)

    def scaffold_filters(self, name: str) -> list[GridFilter]:
        """Make the filter that suits a field."""
        return [scaffold_filter(self.fields[name])]

    def is_valid_filter(self, filter: Any) -> bool:
        """Accept this package's filters."""
        return isinstance(filter, GridFilter)

    def _refresh_filters_cache(self) -> None:
        self._filters: list[GridFilter] = self.get_filters() or []
        self._filter_groups = self._filter_args = None
        params = [f.param for f in self._filters]
        field_conflict = next((p for p in params if p in RESERVED or "." in p or params.count(p) > 1), None)
        if field_conflict is not None:
            raise ValueError(f"{type(self).__name__}: the filter parameter {field_conflict!r} cannot be used")

    def scaffold_form(self) -> type[Any]:
        """Make the create form."""
        return self._form_class(self.form_fields(creating=True))

    def get_edit_form(self) -> type[Any]:
        """Make the edit form: without the key."""
        return self._form_class(self.form_fields(creating=False))

    def _form_class(self, fields: Sequence[Field]) -> type[Any]:
        return form_class(
            fields,
            base=self.form_base_class,
            arguments=self.form_args or {},
            widget_arguments=self.form_widget_args or {},
        )

    def scaffold_list_form(self, widget: Any = None, validators: Any = None) -> type[Any]:
        """Make no form per row: inline editing has its own endpoint."""
        del widget, validators
        return type("ListForm", (BaseForm,), {})

    def get_list(  # noqa: PLR0917  (the signature is Flask-Admin's)
        self,
        page: int | None,
        sort_field: str | None,
        sort_desc: bool,
        search: str | None,
        filters: Any,
        page_size: int | None = None,
    ) -> tuple[None, list[Any]]:
        """Read the first page, for code written against Flask-Admin; the list page itself uses cursors."""
        del page, filters
        sort = Sort(sort_field, bool(sort_desc)) if sort_field else self.default_sort
        conditions = self.search_conditions(search) if search else ()
        return None, self.source.page(ListRequest(conditions, sort, page_size or self.page_size)).rows

    def get_one(self, id: str) -> Any | None:
        """Read one row by the text of its key."""
        return self.source.get(id)

    def create_model(self, form: Any) -> Any:
        """Write a new row from a valid form; False with the reason on the form."""
        values = {name: value for name, value in form.data.items() if name in self.fields}
        try:
            row = self.source.create(self.values_of_hook(form, None, values))
        except WriteError as error:
            self.show_error(form, error)
            return False
        self.after_model_change(form, row, True)
        return row

    def update_model(self, form: Any, model: Any) -> bool:
        """Write the form's fields onto a row as it stands; the edit page itself sends only what changed."""
        values = {f.name: form.data[f.name] for f in self.form_fields(creating=False)}
        try:
            self.update_row(form, model, values, self.source.version(model))
        except WriteError as error:
            self.show_error(form, error)
            return False
        return True

    def delete_model(self, model: Any) -> bool:
        """Remove a row."""
        try:
            self.delete_row(self.source.pk(model), None)
        except WriteError:
            return False
        return True

    # Writes with the hooks around them

    def values_of_hook(self, form: Any, row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
        """Adds what on_model_change sets to the values that are about to be written."""
        if not overrides(self, "on_model_change"):
            return dict(values)
        draft = self.model(**copy.deepcopy(row.attribute_values)) if row is not None else self.model()
        for name, value in values.items():
            setattr(draft, name, value)
        before = copy.deepcopy(draft.attribute_values)
        _ask(self.on_model_change, form, draft, row is None)
        after = draft.attribute_values
        set_by_hook = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        return {**values, **{name: after.get(name) for name in set_by_hook}}

    def update_row(
        self,
        form: Any,
        row: Any,
        values: Mapping[str, Any],
        version: int | None,
        shown_values: Mapping[str, Any] | None = None,
    ) -> Any:
        """Changes a row and gives it back."""
        changed = self.values_of_hook(form, row, values)
        written = self.source.update(self.source.pk(row), changed, version, shown_values=shown_values)
        self.after_model_change(form, written, False)
        return written

    def delete_row(self, pk: str, version: int | None) -> None:
        """Removes a row."""
        hooked = overrides(self, "on_model_delete") or overrides(self, "after_model_delete")
        row = self.source.get(pk) if hooked else None
        if hooked:
            if row is None:
                raise Missing
            _ask(self.on_model_delete, row)
        self.source.delete(pk, version)
        if hooked:
            self.after_model_delete(row)

    # Shared by the pages

    @cached_property
    def editable_names(self) -> tuple[str, ...]:
        """Names the columns with inline editors."""
        return tuple(self.column_editable_list or ())

    def form_fields(self, *, creating: bool) -> list[Field]:
        """Lists the fields of a form in order; the key can be given once, and never changed."""
        names: Sequence[str] = self.form_columns or list(self.fields)
        excluded = set(self.form_excluded_columns or ())
        fields = (self.fields[name] for name in names if name not in excluded)
        return [f for f in fields if f.kind is not Kind.OTHER and (creating or not f.key)]

    def show_error(self, form: Any, error: WriteError) -> None:
        """Put a refusal beside its field, or at the head of the form."""
        field = error.field if isinstance(error, Refused) else None
        if field in form._fields:
            form._fields[field].errors = [*form._fields[field].errors, str(error)]
        else:
            form.form_errors.append(str(error))

    def text_of(
        self, row: Any, name: str, labels: Mapping[str, Mapping[str, str]], page: str = "list"
    ) -> Any:
        """Writes a value for people on a page (list, details or export), by the column's formatter if there is one."""
        formatters = {
            "list": self.column_formatters,
            "details": self.column_formatters_detail,
            "export": self.column_formatters_export,
        }[page]
        formatter = (formatters or {}).get(name)
        value = getattr(row, name, None) if formatter is None else formatter(self, None, row, name)
        for kind, of_type in self._type_formatters[page].items():
            if isinstance(value, kind):
                return of_type(self, value, name)
        return display(value, labels.get(name)) if formatter is None else value

    def labels(self, names: Sequence[str]) -> dict[str, Mapping[str, str]]:
        """Lists the labels of the choices of some fields, once per request; looked up ones are named as they come."""
        return {
            name: self.fields[name].label_map()
            for name in names
            if name in self.fields and self.fields[name].chosen
        }


def _ask(hook: Callable[..., Any], *arguments: Any) -> None:
    """Calls a hook that may refuse, as Flask-Admin's do, by a ValidationError."""
    try:
        hook(*arguments)
    except ValidationError as error:
        raise Refused(str(error)) from error


def _sort(declared: Any) -> Sort | None:
    """Reads column_default_sort: a name, (name, descending), or a list with one of these."""
    first = declared[0] if isinstance(declared, list) else declared
    if first is None:
        return None
    name, descending = (first, False) if isinstance(first, str) else first
    return Sort(name, bool(descending))
