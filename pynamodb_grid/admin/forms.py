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
_SHOWN_AT_ONCE = 8
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
    if field.field.several:
        attributes |= {"multiple": True, "size": min(_SHOWN_AT_ONCE, len(field.field.options()) or 1)}
    escaped = Markup(widgets.html_params(name=field.name, **attributes))  # noqa: S704 - html_params escapes
    head = Markup("<select {}>").format(escaped)
    option = Markup('<option value="{}"{}>{}</option>')
    chosen = Markup(" selected")
    parts = (option.format(value, chosen if on else "", label) for value, label, on in field.options())
    return head + Markup("").join(parts) + Markup("</select>")


class GridField(WTField):  # type: ignore[misc]  # WTForms ships no types
    """Shows and reads one Field; errors are the Field's own words."""

    def __init__(self, *, field: Field, **kwargs: Any) -> None:
        """Choose the widget by kind."""
        hint = "" if field.choices is not None else _HINTS.get(field.kind, "")
        super().__init__(label=field.label, description=hint, **kwargs)
        self.field = field
        self.widget = _select if field.choices is not None else _WIDGETS.get(field.kind, _TEXT)
        self.flags.required = field.required and field.kind is not Kind.BOOLEAN
        if field.choices is None and field.kind not in (Kind.BOOLEAN, Kind.MOMENT):
            self.flags.maxlength = field.max_length
        if field.kind is Kind.MOMENT:
            self.render_kw = {"step": "1"}
        self.checked = False
        self._default = field.default

    def options(self) -> Iterator[tuple[str, str, bool]]:
        """Lists (value, label, chosen), first none at all where that is allowed or still to be decided."""
        if self.field.several:
            chosen = {str(value) for value in self.data or ()}
            yield from ((value, label, value in chosen) for value, label in self.field.options())
            return
        held = self._value()
        if not self.field.required or not held:
            yield "", "Choose…" if self.field.required else "None", not held
        for value, label in self.field.options():
            yield value, label, value == held

    def _value(self) -> str:
        if self.field.kind is Kind.BOOLEAN:
            return "true"
        if self.raw_data and self.errors:
            return str(self.raw_data[0])
        return self.field.text(self.data)

    def process_data(self, value: Any) -> None:
        """Take the value of the row being edited."""
        self.data = value
        self.checked = bool(value)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was submitted; ValueError becomes the field's error."""
        raw: Any = valuelist[0] if valuelist else None
        if self.field.kind is Kind.BOOLEAN:
            raw = "true" if valuelist else "false"
        elif self.field.several:
            raw = list(valuelist)
        self.data = None
        self.data = self.field.parse(raw)
        self.checked = bool(self.data)


def form_class(fields: Sequence[Field]) -> type[Any]:
    """Makes a form with these fields, in this order."""
    members: dict[str, Any] = {}
    for field in fields:
        default = field.default if callable(field.default) else (lambda value=field.default: value)
        members[field.name] = UnboundField(GridField, field=field, default=default)
    return type("GridForm", (BaseForm,), members)


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


def changed_values(
    fields: Sequence[Field], data: Mapping[str, Any], shown_values: Mapping[str, Any]
) -> dict[str, Any]:
    """Picks the fields whose submitted value differs from what the form showed."""
    return {f.name: data[f.name] for f in fields if f.text(data[f.name]) != f.text(shown_values.get(f.name))}


def _exact(field: Field, value: Any) -> str:
    if value is not None and field.kind is Kind.MOMENT:
        return str(value.isoformat())
    return field.text(value)
