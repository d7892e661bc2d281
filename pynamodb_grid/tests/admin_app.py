"""A small Flask application with one view over the tests' tickets."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Flask, g
from flask.testing import FlaskClient
from flask_admin import Admin
from flask_wtf import CSRFProtect

from pynamodb_grid.admin import (
    BooleanFilter,
    ChoiceFilter,
    Choices,
    DateFilter,
    ModelSource,
    NumberFilter,
    PynamoView,
    Refused,
    TextFilter,
    bulk_action,
)
from pynamodb_grid.listing import Op, Sort
from pynamodb_grid.tests.support import DONE, OPEN, listing, state_of

STATUSES = [(s, s.capitalize()) for s in OPEN + DONE]
PEOPLE = [("ana", "Ana Silva"), ("ben", "Ben Okafor")]
EVERYTHING = frozenset(
    {"list", "details", "create", "edit", "delete", "export", "bulk:delete", "bulk:assign"}
)


class TicketView(PynamoView):
    """Shows tickets; what is allowed is set per request in g."""

    column_list = ("ticket_id", "subject", "status", "assignee_id", "updated_at", "score")
    column_editable_list = ("status", "assignee_id", "subject", "score")
    column_searchable_list = ("subject",)
    column_filters = (
        ChoiceFilter("status", STATUSES),
        ChoiceFilter("assignee_id", PEOPLE, "Assignee", name="assignee", empty="Unassigned"),
        TextFilter("subject", op=Op.CONTAINS),
        NumberFilter("score"),
        DateFilter("updated_at", "Updated", name="updated"),
        BooleanFilter("urgent"),
    )
    form_columns = (
        "ticket_id", "subject", "status", "assignee_id", "updated_at", "due_at", "score", "urgent", "tags",
        "steps", "extra",
    )  # fmt: skip
    max_lengths: Mapping[str, int] = {"subject": 40}
    choices: Mapping[str, Choices] = {"status": STATUSES, "assignee_id": lambda: PEOPLE}
    default_sort = Sort("updated_at", descending=True)

    def can(self, action: str) -> bool:
        return action in g.get("allowed", EVERYTHING)

    @bulk_action("assign", "Assign", choices=lambda _view: PEOPLE)
    def bulk_assign(self, pk: str, version: int | None, value: str | None) -> None:
        if pk == "13":
            raise Refused("Thirteen is never assigned.")
        self.source.update(pk, {"assignee_id": value}, version)


def derive(row: Any) -> dict[str, Any]:
    """Computes the composed keys of a changed ticket."""
    moment: Any = type(row).updated_at
    state = state_of(row.status)
    return {
        "state_shard": f"{state}#{int(row.ticket_id) % 2}",
        "assignee_key": f"{state}#{moment.serialize(row.updated_at)}" if row.assignee_id else None,
    }


def make_app(model: type[Any], view: type[PynamoView] = TicketView, **options: Any) -> Flask:
    """Builds the application; CSRF is on."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="test", TESTING=True)
    CSRFProtect(app)
    source = ModelSource(model, listing(model, **options), derive=derive)
    admin = Admin(app, name="Test")
    admin.add_view(view(model, source, name="Tickets", endpoint="tickets"))
    return app


def token(client: FlaskClient) -> str:
    """Reads the CSRF token off the list page."""
    match = re.search(r'data-csrf="([^"]+)"', client.get("/admin/tickets/").text)
    assert match is not None
    return match[1]
