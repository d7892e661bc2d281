"""The pages that write: create, edit, inline edit, bulk actions, delete."""

from typing import Any

from flask import Response, abort, flash, jsonify, redirect, request

from pynamodb_grid.admin.bulk import MAX_ROWS, BulkResult, run_bulk
from pynamodb_grid.admin.fields import Field, display
from pynamodb_grid.admin.flask_admin_options import overrides
from pynamodb_grid.admin.flask_admin_types import expose
from pynamodb_grid.admin.forms import as_stored, changed_values, read_shown_values, write_shown_values
from pynamodb_grid.admin.read_pages import ReadPages
from pynamodb_grid.admin.targets import return_target
from pynamodb_grid.admin.write_errors import Denied, Missing, Refused, StaleWrite, WriteError

_MAX_VERSION_DIGITS = 18
_MAX_TOLD = 5  # what is flashed travels in a cookie


class WritePages(ReadPages):
    """Serves what can be written; every write is one call of the source.

    The pages form one line of inheritance because Flask-Admin's metaclass copies inherited routes into each
    class, so that of two parents the first would hide the second's.
    """

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        """Show and take the create form."""
        posted = request.method == "POST"
        form = self.create_form()
        status = 200
        if posted:
            if self.validate_form(form):
                row = self.create_model(form)
                if row:
                    flash(f"The {self.noun} was created.", "success")
                    return redirect(self.get_save_return_url(row, is_created=True))
            status = 400
        return self._render_form(form, None, status)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Any:
        """Show and take the edit form."""
        row = self.get_one(request.args.get("id", ""))
        if row is None:
            abort(404)
        form = self.edit_form(row)
        if request.method == "GET":
            self.on_form_prefill(form, request.args["id"])
            return self._render_form(form, row, 200)
        if not self.validate_form(form):
            return self._render_form(form, row, 400, **self._as_submitted())
        return self._save(form, row)

    def _save(self, form: Any, row: Any) -> Any:
        fields = self.form_fields(creating=False)
        note = request.form.get("_shown_values")
        shown_values = read_shown_values(fields, note) or read_shown_values(
            fields, write_shown_values(fields, row)
        )
        noted = as_stored(fields, row, shown_values)
        values = changed_values(fields, form.data, noted if shown_values is None else shown_values)
        try:
            if values:
                version = _version(request.form.get("_version"))
                row = self.update_row(form, row, values, version, noted)
        except StaleWrite as error:
            current = self.get_one(self.source.pk(row)) or row
            for field in fields:
                if field.name not in values:  # or saving again would undo what others changed
                    form[field.name].process_data(getattr(current, field.name, None))
            return self.conflict_response(form, current, error)
        except Missing:
            abort(404)
        except WriteError as error:
            self.show_error(form, error)
            status = 403 if isinstance(error, Denied) else 400
            return self._render_form(form, row, status, **self._as_submitted())
        flash(f"The {self.noun} was saved." if values else "Nothing was changed.", "success")
        return redirect(self.get_save_return_url(row))

    @staticmethod
    def _as_submitted() -> dict[str, Any]:
        """Keeps what the person saw when the form comes back with an error, not what is stored by now."""
        return {"version": request.form.get("_version"), "shown_values": request.form.get("_shown_values")}

    def conflict_response(self, form: Any, row: Any, error: StaleWrite) -> Any:
        """Shows the form again with both values; saving again then overwrites knowingly."""
        return self._render_form(form, row, 409, conflict=self.conflict_values(error))

    def conflict_values(self, error: StaleWrite) -> dict[str, Any]:
        """Writes a conflict's values for people."""
        field = self.fields.get(error.field, Field(error.field, label=error.field))
        labels = self.labels([error.field]).get(error.field)
        texts = {name: display(getattr(error, name), labels) for name in ("old", "theirs", "yours")}
        return {"field": error.field, "label": field.label, **texts}

    def _render_form(self, form: Any, row: Any, status: int, **context: Any) -> tuple[Any, int]:
        fields = self.form_fields(creating=row is None)
        text = self.render(
            self.create_template if row is None else self.edit_template,
            form=form,
            row=row,
            pk=None if row is None else self.source.pk(row),
            return_url=return_target() or self.get_url(".index_view"),
            **{
                "version": None if row is None else self.source.version(row),
                "shown_values": None if row is None else write_shown_values(fields, row),
                "conflict": None,
                **context,
            },
        )
        return text, status

    def get_save_return_url(self, model: Any, is_created: bool = False) -> str:
        """Names where a saved form leads: back to where it was opened, or to what was saved."""
        del is_created
        target = return_target()
        if target:
            return str(target)
        if self.allowed("details"):
            return str(self.get_url(".details_view", id=self.source.pk(model)))
        return str(self.get_url(".index_view"))

    @expose("/delete/", methods=("POST",))
    def delete_view(self) -> Any:
        """Remove one row."""
        try:
            self.delete_row(request.form.get("id", ""), _version(request.form.get("version")))
            flash(f"The {self.noun} was deleted.", "success")
        except WriteError as error:
            flash(str(error), "error")
        return redirect(return_target() or self.get_url(".index_view"))

    @expose("/ajax/update/", methods=("POST",))
    def ajax_update(self) -> Any:
        """Change one cell: JSON {pk, field, value, version, old?} in.

        Out: 200 {ok, value, raw, version}; 400, 403 or 404 {message}; 409 {message, conflict, version}.
        """
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not isinstance(body.get("pk"), str):
            return self._problem("The request is not valid.", 400)
        name = body.get("field")
        if not isinstance(name, str) or name not in self.editable_names:
            return self._problem("This field cannot be edited here.", 400)
        field = self.fields[name]
        try:
            row = self._update_cell(field, body)
        except StaleWrite as error:
            answer = {
                "message": str(error),
                "conflict": self.conflict_values(error),
                "version": error.version,
            }
            return self._answer({"ok": False, **answer}, 409)
        except (Missing, Denied) as error:
            return self._problem(str(error), 404 if isinstance(error, Missing) else 403)
        except (WriteError, ValueError) as error:
            return self._problem(str(error), 400)
        text = str(self.text_of(row, name, self.labels([name])))
        raw = field.text(getattr(row, name, None))
        answer = {"value": text, "raw": raw, "version": self.source.version(row), "undo": self.undo_of(row)}
        return self._answer({"ok": True, **answer}, 200)

    def _update_cell(self, field: Field, body: dict[str, Any]) -> Any:
        version = _version(body.get("version"))
        value = field.parse(body.get("value"))
        shown_values = {field.name: field.recall(body["old"])} if "old" in body else None
        reads = version is None or field.name in (self.form_args or {}) or overrides(self, "on_model_change")
        if not reads:  # the source compares versions
            return self.source.update(body["pk"], {field.name: value}, version, shown_values=shown_values)
        current = self.get_one(body["pk"])
        if current is None:
            raise Missing
        form = self._form_class([field])(obj=current)
        value = form[field.name].check(form, value)
        if shown_values is not None:
            shown_values = as_stored([field], current, shown_values)
        return self.update_row(form, current, {field.name: value}, version, shown_values)

    def undo_of(self, row: Any) -> str | None:
        """Names the write that a row comes from, for a view that can undo it; None without that."""
        del row
        return None

    def bulk_message(self, action: str, value: str | None, result: BulkResult) -> Any:
        """Says what a bulk action did, in what flash() takes and the view's templates show."""
        del action, value
        return result.summary()

    def why_not(self) -> str | None:
        """Says why a bulk action must not go on, None to go on; asked before each row."""
        return None

    def stopped_response(self, result: BulkResult) -> Any:
        """Answers a bulk action that had to stop."""
        return self._bulk_answer(result, result.summary())

    def row_name(self, pk: str) -> str:
        """Names a row in messages about it."""
        return pk

    @expose("/action/", methods=("POST",))
    def action_view(self) -> Any:
        """Apply a bulk action: form fields action, value, rowid (`pk` or `pk:version`) once per row."""
        name = request.form.get("action", "")
        declared = self._bulk_actions.get(name)
        if declared is None:
            return self._bulk_answer(None, "This action is not available.")
        if not self.is_action_allowed(name):
            abort(403)
        rows = list(dict.fromkeys(request.form.getlist("rowid")))
        if not 1 <= len(rows) <= MAX_ROWS:
            return self._bulk_answer(None, f"Choose 1 to {MAX_ROWS} rows.")
        value = request.form.get("value")
        *_, choices, lookup, method = declared
        offered = {v for v, _ in choices(self)} if choices else set()
        if lookup and value not in offered:
            offered = set(lookup(self).labels([value or ""]))
        if (choices or lookup) and value not in offered:
            return self._bulk_answer(None, "This action does not have that choice.")
        result = run_bulk(rows, value, getattr(self, method), self.undo_of, self.why_not)
        if result.stopped:
            return self.stopped_response(result)
        return self._bulk_answer(result, self.bulk_message(name, value, result))

    def _bulk_answer(self, result: BulkResult | None, message: Any) -> Any:
        if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
            return self._problem(message, 400) if result is None else self._answer(result.as_json(), 200)
        flash(message, "success" if result and result.count("done") else "error")
        left = [each for each in result.results if each.status != "done"] if result else []
        for each in left[:_MAX_TOLD]:
            flash(f"{self.row_name(each.pk)}: {each.message}", "error")
        if len(left) > _MAX_TOLD:
            flash(f"And {len(left) - _MAX_TOLD} more that were not changed.", "error")
        return redirect(return_target() or self.get_url(".index_view"))

    @expose("/ajax/lookup/")
    def ajax_lookup(self) -> Any:
        """Offer nothing: choices travel with the page."""
        abort(404)

    @staticmethod
    def _answer(body: dict[str, Any], status: int) -> Response:
        answer = jsonify(body)
        answer.status_code = status
        return answer

    def _problem(self, message: str, status: int) -> Response:
        return self._answer({"ok": False, "message": message}, status)


def _version(raw: Any) -> int | None:
    """Reads a version as sent; Refused when it is not one."""
    if raw is None or raw == "":
        return None
    text = str(raw)
    if isinstance(raw, bool) or not (text.isascii() and text.isdigit()) or len(text) > _MAX_VERSION_DIGITS:
        raise Refused("The version is not valid. Load the page again.")
    return int(text)
