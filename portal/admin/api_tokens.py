"""The grid of everybody's API tokens: whose, what for, when last used; each can be revoked."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, request

from portal.admin.grid import LedgerView
from portal.admin.service_source import ServiceSource
from portal.ui import formatting
from portal.ui.lookup import LOOKUPS
from portal.web.guards import actor, now, step_up_required
from pynamodb_grid.admin import Field, Kind, LookupFilter, expose
from pynamodb_grid.listing import Sort
from services.bootstrap import Services
from services.errors import NotFound
from services.users.api_tokens import ApiToken, ApiTokenService
from services.users.identity import Permission

FIELDS = (
    Field("name", label="ApiToken"),
    Field("user_id", label="Person"),
    Field("scopes", label="May"),
    Field("last_used_at", Kind.MOMENT, label="Last used"),
    Field("expires_at", Kind.MOMENT, label="Expires"),
    Field("created_at", Kind.MOMENT, label="Made"),
)


def token_source(tokens: ApiTokenService) -> ServiceSource:
    """Read tokens through ApiTokenService."""
    return ServiceSource(
        page=tokens.page,
        iterate=tokens.iterate,
        sortable=tokens.sortable,
        stored_names={"created_at": "created_at"},  # and by nothing else
        refusal="Users create their own tokens.",
    )


class TokenView(LedgerView):
    """Everybody's tokens, the newest first."""

    list_template = "admin/tokens.html"
    can_create = can_edit = False
    column_list = ("name", "user_id", "scopes", "last_used_at", "expires_at", "created_at")
    default_sort = Sort("created_at", descending=True)
    row_cells = False
    needs = {"list": Permission.TOKEN_REVOKE, "revoke_view": Permission.TOKEN_REVOKE}

    def __init__(self, services: Services) -> None:
        self._services = services
        self.grid_fields = {field.name: field for field in FIELDS}
        self.column_filters = [LookupFilter("user_id", LOOKUPS["person"], "Person", name="person")]
        super().__init__(
            ApiToken,
            token_source(services.users.api_tokens),
            name="API tokens",
            endpoint="tokens",
            url="/admin/tokens",
        )

    @expose("/revoke/", methods=("POST",))
    @step_up_required
    def revoke_view(self) -> Any:
        """End one token."""
        try:
            self._services.users.api_tokens.revoke(
                actor=actor(), token_id=request.form.get("token", ""), now=now()
            )
            flash("The token has been revoked.", "success")
        except NotFound as gone:
            flash(gone.message, "info")
        person = request.form.get("person")
        return redirect(self.get_url(".index_view", **({"person": person} if person else {})))

    def extra_context(self) -> Mapping[str, Any]:
        """Give the page what the rows' ids stand for, and its words."""
        return {
            "title": "API tokens",
            "nouns": ("token", "tokens"),
            "sort_words": {"created_at": ("oldest first", "newest first")},
            "names_of": self._names_of,
            "rights": formatting.PERMISSION_LABELS,
            "at": now(),
            "chosen": request.args.get("person", ""),
            "empty_text": "Users create them on their account page.",
            "show_cost": actor().may(Permission.SETTING_EDIT),
        }

    def _names_of(self, rows: Sequence[ApiToken]) -> dict[str, str]:
        return self._services.users.accounts.names({row.user_id for row in rows})
