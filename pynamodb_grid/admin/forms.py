"""Create and edit forms, made of Fields; parsing and limits are the inline editor's own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_admin.form import BaseForm
from markupsafe import Markup
from wtforms import Field as WTField
from wtforms import widgets
from wtforms.fields.core import UnboundField

from pynamodb_grid.admin.fields import Field, Kind, Lookup

_WIDGETS = {
    Kind.LONG_TEXT: widgets.TextArea(),
    Kind.JSON: widgets.TextArea(),
    Kind.TEXT_SET: widgets.TextArea(),
    Kind.TEXT_LIST: widgets.TextArea(),
    Kind.BOOLEAN: widgets.CheckboxInput(),
    Kind.MOMENT: widgets.DateTimeLocalInput(),
}
_TEXT = widgets.TextInput()
OFFERED = 8  # of several choices that are looked up: as many as fit without a search
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


def _looked_up(field: Any, **attributes: Any) -> Markup:
    """Renders what is chosen, and a box for the text that finds others."""
    chosen = Markup("")
    if field.field.several:
        chosen = _ticks(field)
    elif field.data:
        chosen = Markup('<input type="hidden" name="{}" value="{}">').format(field.name, field.data)
    text = {
        "name": field.typed_name,
        "value": field.typed,
        "data-lookup": field.field.lookup.url,
        **attributes,
    }
    escaped = Markup(widgets.html_params(type="text", **text))  # noqa: S704 - html_params escapes
    return chosen + Markup("<input {}>").format(escaped)


class GridField(WTField):  # type: ignore[misc]  # WTForms ships no types
    """Shows and reads one Field; errors are the Field's own words, and those of validators given for it.

    A yes or no is a checkbox. It is a choice of three where it may be empty, or is: a checkbox would turn nothing
    into no.
    """

    def __init__(self, *, field: Field, **kwargs: Any) -> None:
        """Choose the widget by kind."""
        hint = "" if field.chosen else _HINTS.get(field.kind, "")
        if field.kind is Kind.MOMENT:
            kwargs["render_kw"] = {"step": "1", **(kwargs.get("render_kw") or {})}
        super().__init__(**{"label": field.label, "description": hint, **kwargs})
        self.field = field
        self.widget = _WIDGETS.get(field.kind, _TEXT)
        if field.lookup is not None:
            self.widget = _looked_up
        elif field.choices is not None:
            self.widget = _ticks if field.several else _select
        self.flags.required = field.required
        if not field.chosen and field.kind not in (Kind.BOOLEAN, Kind.MOMENT):
            self.flags.maxlength = field.max_length
        self.checked = False
        self._typed: str | None = None

    @property
    def typed_name(self) -> str:
        """Return the name of the box whose text finds choices."""
        return f"{self.name}_text"

    @property
    def typed(self) -> str:
        """Return the text of that box: what was typed, or what is chosen."""
        if self._typed is not None and self.errors:
            return self._typed
        if self.field.several or not self.data:
            return ""
        return self.field.labels([str(self.data)]).get(str(self.data), str(self.data))

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        """Take the text that a choice was looked up by, too."""
        self._typed = formdata.get(self.typed_name) if formdata and self.field.lookup is not None else None
        super().process(formdata, *args, **kwargs)

    def options(self) -> Iterator[tuple[str, str, bool]]:
        """Lists (value, label, chosen), first none at all where that is allowed or still to be decided."""
        if self.field.several:
            chosen = {str(value) for value in self.data or ()}
            offered = dict(self.field.options())
            if self.field.lookup is not None:
                some = self.field.lookup.find("")[:OFFERED]
                offered = {**self.field.labels(chosen), **dict(some)}
            yield from ((value, label, value in chosen) for value, label in offered.items())
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
            raw = self.data = list(valuelist)  # what was ticked stays so, whatever is wrong with the text
        if self.field.lookup is not None and self._typed is not None:
            raw = self._with_typed(self.field.lookup, raw)
        self.data = None
        self.data = self.field.parse(raw)
        self.checked = bool(self.data)

    def _with_typed(self, lookup: Lookup, raw: Any) -> Any:
        """Return what is chosen with what the text means; ValueError where it means nothing or several things."""
        text = " ".join((self._typed or "").split())
        if not text:
            return raw if self.field.several else ""
        if not self.field.several and raw and text == lookup.labels([raw]).get(raw, raw):
            return raw
        matches = lookup.find(text)
        exact = [choice for choice in matches if choice[1].casefold() == text.casefold()]
        matches = exact if len(exact) == 1 else matches
        if len(matches) != 1:
            some = ", ".join(label for _, label in matches[:3])
            why = f"Several match “{text[:60]}”: {some}." if matches else f"Nothing matches “{text[:60]}”."
            raise ValueError(f"{self.field.label}: {why}")
        value = matches[0][0]
        return [*raw, *({value} - set(raw))] if self.field.several else value

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
