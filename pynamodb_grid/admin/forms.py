"""Create and edit forms, made of Fields; parsing and limits are the inline editor's own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_admin.form import BaseForm
from markupsafe import Markup
from wtforms import Field as WTField
from wtforms import widgets
from wtforms.fields.core import UnboundField

from pynamodb_grid.admin.fields import Field, Kind

_WIDGETS = {
    Kind.LONG_TEXT: widgets.TextArea(),
    Kind.JSON: widgets.TextArea(),
    Kind.TEXT_SET: widgets.TextArea(),
    Kind.TEXT_LIST: widgets.TextArea(),
    Kind.BOOLEAN: widgets.CheckboxInput(),
    Kind.MOMENT: widgets.DateTimeLocalInput(),
}
_TEXT = widgets.TextInput()
_YES_OR_NO = (("true", "Yes"), ("false", "No"))
_HINTS = {
    Kind.TEXT_SET: "One per line, in any order.",
    Kind.TEXT_LIST: "One per line.",
    Kind.MOMENT: "In UTC.",
    Kind.JSON: "JSON.",
}


def _select(field: Any, **attributes: Any) -> Markup:
    """Renders the choices; WTForms' own widget ties its fields to how a release of it keeps choices."""
    attributes.setdefault("id", field.id)
    if field.flags.required:
        attributes.setdefault("required", True)
    escaped = Markup(widgets.html_params(name=field.name, **attributes))  # noqa: S704 - html_params escapes
    head = Markup("<select {}>").format(escaped)
    option = Markup('<option value="{}"{}>{}</option>')
    chosen = Markup(" selected")
    parts = (option.format(value, chosen if on else "", label) for value, label, on in field.options())
    return head + Markup("").join(parts) + Markup("</select>")


def _ticks(field: Any, **attributes: Any) -> Markup:
    """Renders several choices as boxes to tick: in a list of lines, the wrong key drops what was chosen."""
    attributes.pop("class", None)
    group = {"id": field.id, "role": "group", "aria-label": field.label.text, **attributes}
    box = Markup('<label><input type="checkbox" name="{}" value="{}"{}> {}</label><br>')
    ticked = Markup(" checked")
    boxes = (
        box.format(field.name, value, ticked if on else "", label) for value, label, on in field.options()
    )
    escaped = Markup(widgets.html_params(**group))  # noqa: S704 - html_params escapes
    return Markup("<div {}>").format(escaped) + Markup("").join(boxes) + Markup("</div>")


class GridField(WTField):  # type: ignore[misc]  # WTForms ships no types
    """Shows and reads one Field; errors are the Field's own words, and those of validators given for it.

    A yes or no is a checkbox. It is a choice of three where it may be empty, or is: a checkbox would turn nothing
    into no.
    """

    def __init__(self, *, field: Field, **kwargs: Any) -> None:
        """Choose the widget by kind."""
        hint = "" if field.choices is not None else _HINTS.get(field.kind, "")
        if field.kind is Kind.MOMENT:
            kwargs["render_kw"] = {"step": "1", **(kwargs.get("render_kw") or {})}
        super().__init__(**{"label": field.label, "description": hint, **kwargs})
        self.field = field
        self.widget = _WIDGETS.get(field.kind, _TEXT)
        if field.choices is not None:
            self.widget = _ticks if field.several else _select
        self.flags.required = field.required
        if field.choices is None and field.kind not in (Kind.BOOLEAN, Kind.MOMENT):
            self.flags.maxlength = field.max_length
        self.checked = False

    def options(self) -> Iterator[tuple[str, str, bool]]:
        """Lists (value, label, chosen), first none at all where that is allowed or still to be decided."""
        if self.field.several:
            chosen = {str(value) for value in self.data or ()}
            yield from ((value, label, value in chosen) for value, label in self.field.options())
            return
        held = self._value()
        if not self.field.required or not held:
            yield "", "Choose…" if self.field.required else "None", not held
        for value, label in _YES_OR_NO if self.field.kind is Kind.BOOLEAN else self.field.options():
            yield value, label, value == held

    def _value(self) -> str:
        if self.widget is _WIDGETS[Kind.BOOLEAN]:
            return "true"
        if self.raw_data and self.errors:
            return str(self.raw_data[0])
        return self.field.text(self.data)

    def process_data(self, value: Any) -> None:
        """Take the value of the row being edited."""
        self.data = value
        self.checked = bool(value)
        if self.field.kind is Kind.BOOLEAN and self.field.choices is None:
            certain = self.field.required and value is not None
            self.widget = _WIDGETS[Kind.BOOLEAN] if certain else _select
            self.flags.required = self.field.required and not certain

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was submitted; ValueError becomes the field's error."""
        raw: Any = valuelist[0] if valuelist else None
        if self.widget is _WIDGETS[Kind.BOOLEAN]:
            raw = "true" if valuelist else "false"
        elif self.field.several:
            raw = list(valuelist)
        self.data = None
        self.data = self.field.parse(raw)
        self.checked = bool(self.data)

    def check(self, form: Any, value: Any) -> Any:
        """Passes a value that came alone, as from an inline editor, through filters and validators; ValueError."""
        for change in self.filters:
            value = change(value)
        self.data, self.raw_data = value, [self.field.text(value)]
        if not self.validate(form):
            raise ValueError(" ".join(map(str, self.errors)))
        return self.data


def form_class(
    fields: Sequence[Field],
    *,
    base: type[Any] = BaseForm,
    arguments: Mapping[str, Mapping[str, Any]] = {},
    widget_arguments: Mapping[str, Mapping[str, Any]] = {},
) -> type[Any]:
    """Makes a form with these fields, in this order; arguments are Flask-Admin's form_args and form_widget_args."""
    members: dict[str, Any] = {}
    for field in fields:
        default = field.default if callable(field.default) else (lambda value=field.default: value)
        given = {"default": default, **arguments.get(field.name, {})}
        given["render_kw"] = {**given.get("render_kw", {}), **widget_arguments.get(field.name, {})}
        members[field.name] = UnboundField(GridField, field=field, **given)
    return type("GridForm", (base,), members)


def write_shown_values(fields: Sequence[Field], row: Any) -> str:
    """Writes what a form was filled from, so that a later submit tells what the person changed."""
    return json.dumps({f.name: _exact(f, getattr(row, f.name, None)) for f in fields})


def read_shown_values(fields: Sequence[Field], text: str | None) -> dict[str, Any] | None:
    """Reads that note; None when it is absent or has been tampered with beyond use."""
    try:
        noted = json.loads(text or "")
        return {f.name: f.recall(noted[f.name]) for f in fields if f.name in noted}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def as_stored(fields: Sequence[Field], row: Any, shown_values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Gives what a page showed as it is stored, where the text is still the same; a page trims and shortens.

    Without a note of what was shown, it is the row as it stands.
    """
    shown = {}
    for field in fields:
        stored = getattr(row, field.name, None)
        if shown_values is None or (
            field.name in shown_values
            and field.text(shown_values[field.name]) == field.text(_trimmed(field, stored))
        ):
            shown[field.name] = stored
        elif field.name in shown_values:
            shown[field.name] = shown_values[field.name]
    return shown


def _trimmed(field: Field, stored: Any) -> Any:
    try:
        return field.recall(_exact(field, stored))
    except ValueError:  # a stored value that no form would take, such as a text that is too long
        return stored


def changed_values(
    fields: Sequence[Field], data: Mapping[str, Any], shown_values: Mapping[str, Any]
) -> dict[str, Any]:
    """Picks the fields whose submitted value differs from what the form showed."""
    return {f.name: data[f.name] for f in fields if f.text(data[f.name]) != f.text(shown_values.get(f.name))}


def _exact(field: Field, value: Any) -> str:
    if value is not None and field.kind is Kind.MOMENT:
        return str(value.isoformat())
    return field.text(value)
