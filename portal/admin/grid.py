"""What all grids share: the product's templates, columns that people choose, and its permissions."""

from collections.abc import Collection, Sequence, Set
from typing import Any

from flask import jsonify, redirect, render_template, request

from portal.admin import columns
from portal.web.error_pages import answer, wants_json
from portal.web.guards import actor, require_step_up, services, visitor
from pynamodb_grid.admin import BulkResult, PynamoView, expose, return_target
from services.users.identity import Permission


class LedgerView(PynamoView):
    """A grid in the product's look; `needs` maps what it may be asked for to permissions.

    `step_up` names what asks for a password or code first, whatever is sent: "bulk:suspend", and "export" always,
    because a file of many rows holds much that is personal and leaves the product.

    Of column_list, people see `columns_first` (none named: all) until they choose; the column
    `column_fixed` (none named: the first) is always there.
    """

    list_template = "admin/list.html"
    create_template = "admin/form.html"
    edit_template = "admin/form.html"
    details_template = "admin/details.html"
    can_view_details = False
    can_delete = False
    can_export = False
    needs: dict[str, Permission] = {}
    step_up: Set[str] = frozenset({"export"})
    columns_first: Collection[str] = ()
    column_fixed = ""

    def get_column_name(self, field: str) -> str:
        """Name a column as its field is named."""
        known = self.fields.get(field)
        return known.label if known else str(super().get_column_name(field))

    def shown_columns(self) -> Sequence[tuple[str, str]]:
        """Give the columns this person chose, in the grid's own order."""
        offers = self.column_offers()
        shown = {offer.name for offer in offers if offer.shown}
        return [pair for pair in self._list_columns if pair[0] in shown] if offers else self._list_columns

    def column_offers(self) -> list[columns.Offer]:
        """List all columns with whether they are shown; empty where there are too few to choose from."""
        offered = [name for name, _ in self._list_columns]
        if len(offered) < columns.FEWEST:
            return []
        chosen = columns.chosen(actor().user_id, offered, self.columns_first or offered)
        chosen.add(self.fixed_column)
        return [columns.Offer(name, label, name in chosen) for name, label in self._list_columns]

    @property
    def fixed_column(self) -> str:
        """Name the column that cannot be left out."""
        return self.column_fixed or str(self._list_columns[0][0])

    @expose("/columns/", methods=("POST",))
    def columns_view(self) -> Any:
        """Keep which columns a person wants, or how dense the rows are."""
        response = redirect(return_target() or self.get_url(".index_view"))
        if "density" in request.form:
            columns.keep_density(response, request.form["density"])
            return response
        offered = {name for name, _ in self._list_columns}
        chosen = [name for name in dict.fromkeys(request.form.getlist("column")) if name in offered]
        path = self.get_url(".index_view").rstrip("/")
        columns.keep(response, actor().user_id, path, None if "reset" in request.form else chosen)
        return response

    def create_blueprint(self, admin: Any) -> Any:
        """Leave out the package's own static files: the product's pages bring theirs."""
        self.static_folder = None
        return super().create_blueprint(admin)

    def render(self, template: str, **kwargs: Any) -> str:
        """Render with our templates, which need nothing that Flask-Admin would add."""
        return render_template(template, admin_view=self, compact=columns.compact(), **kwargs)

    def can(self, action: str) -> bool:
        """Ask the actor's role; what is not named is not allowed."""
        permission = self.needs.get("list" if action == "columns_view" else action)
        who = visitor()
        return bool(permission and who and who.may(permission))

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        refused = super()._handle_view(name, **kwargs)
        if refused is None and not self.step_up.isdisjoint((name, f"bulk:{request.form.get('action')}")):
            require_step_up()
        return refused

    def why_not(self) -> str | None:
        """Ask again who is acting: a role that was taken away stops what is still running."""
        return services().users.actor_recheck.why_not(actor=actor())

    def stopped_response(self, result: BulkResult) -> Any:
        """Answer on the spot: who was demoted may have no page left on which to read it."""
        if wants_json():
            return jsonify(result.as_json()), 403
        return answer(403, result.summary(), title="The action was stopped")

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        """Send strangers to the sign-in page; others learn that it is not theirs."""
        del name, kwargs
        actor()
