"""A Flask-Admin backend over listings of PynamoDB models."""

from pynamodb_grid.admin.bulk import BulkAction, BulkResult, RowResult, bulk_action
from pynamodb_grid.admin.context import ActiveFilter, Cell, Column, FilterBar, GridRow, Pager
from pynamodb_grid.admin.fields import Choice, Choices, Field, Kind, Lookup, display
from pynamodb_grid.admin.filters import (
    BooleanFilter,
    ChoiceFilter,
    Control,
    DateFilter,
    GridFilter,
    LookupFilter,
    NumberFilter,
    TextFilter,
)
from pynamodb_grid.admin.flask_admin_types import expose
from pynamodb_grid.admin.query import ListQuery
from pynamodb_grid.admin.source import ModelSource, Source
from pynamodb_grid.admin.targets import return_target
from pynamodb_grid.admin.view import PynamoView
from pynamodb_grid.admin.write_errors import Denied, Missing, Refused, StaleWrite, WriteError

__all__ = [
    "ActiveFilter",
    "BooleanFilter",
    "BulkAction",
    "BulkResult",
    "Cell",
    "Choice",
    "ChoiceFilter",
    "Choices",
    "Column",
    "Control",
    "DateFilter",
    "Denied",
    "Field",
    "FilterBar",
    "GridFilter",
    "GridRow",
    "Kind",
    "ListQuery",
    "Lookup",
    "LookupFilter",
    "Missing",
    "ModelSource",
    "NumberFilter",
    "Pager",
    "PynamoView",
    "Refused",
    "RowResult",
    "Source",
    "StaleWrite",
    "TextFilter",
    "WriteError",
    "bulk_action",
    "display",
    "expose",
    "return_target",
]
