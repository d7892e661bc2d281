"""The pages that read: list, details, CSV export."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask import Response, abort, request, stream_with_context

from pynamodb_grid.admin.base import GridBase
from pynamodb_grid.admin.bulk import BulkAction
from pynamodb_grid.admin.context import (
    Cell,
    Column,
    make_columns,
    make_editable,
    make_filters,
    make_pager,
    make_rows,
)
from pynamodb_grid.admin.flask_admin_types import expose
from pynamodb_grid.admin.query import ListQuery, filter_conditions, read_query, sort_of
from pynamodb_grid.admin.targets import return_target
from pynamodb_grid.listing import BadRequest, Conditions, ListingError, ListRequest, Page, Sort, Unavailable
from pynamodb_grid.spreadsheet import stream_csv

ExportColumns = Sequence[tuple[str, Callable[[Any], Any]]]
RETRY_AFTER = "5"  # seconds until a database that was away is worth another try


class ReadPages(GridBase):
    """Serves what can be read; a request that cannot be answered gets its page with one clear message."""

    @expose("/")
    def index_view(self) -> Any:
        """Show a page of the list."""
        query, problems = read_query(request.args, self._filters, self.page_sizes)
        return self.render_list(query, problems)

    def render_list(self, query: ListQuery, problems: Sequence[str] = ()) -> tuple[Any, int, dict[str, str]]:
        """Reads and renders; 400 when the request cannot be answered, 503 when the database is away."""
        size = query.size or self.page_size
        sort = sort_of(query, self.default_sort)
        page, problem, status = Page([]), None, 200
        conditions: Conditions = ()
        began = time.perf_counter()
        try:
            if problems:
                raise BadRequest(problems[0])
            conditions = self.list_conditions(query)
            page = self.source.page(ListRequest(conditions, sort, size, query.cursor, query.number))
        except ListingError as error:
            problem, status = str(error), 503 if isinstance(error, Unavailable) else 400
        elapsed = (time.perf_counter() - began) * 1000
        context = self._context(query, page, conditions, sort, size)
        text = self.render(
            self.list_template,
            **context,
            elapsed_ms=round(elapsed, 1),
            problem=problem,
            **self.extra_context(),
        )
        return text, status, {"Retry-After": RETRY_AFTER} if status == 503 else {}

    def list_conditions(self, query: ListQuery) -> Conditions:
        """Combines filters and search; override to add conditions of your own."""
        conditions = filter_conditions(query, self._filters)
        return (
            conditions + tuple(self.search_conditions(query.search))
            if query.search and self._search_supported
            else conditions
        )

    def extra_context(self) -> Mapping[str, Any]:
        """Adds to the list template's context."""
        return {}

    def shown_columns(self) -> Sequence[tuple[str, str]]:
        """Give (name, label) of the columns this person sees, in order; by default all there are."""
        return self._list_columns  # type: ignore[no-any-return]  # untyped base

    def served_columns(self, conditions: Conditions) -> set[str]:
        """Names the columns that a plan can sort by, given the filters."""
        try:
            served = set(self.source.sortable(conditions))
        except ListingError:
            return set()
        declared = self.column_sortable_list
        return served if declared is None else served & set(declared)

    def _context(
        self, query: ListQuery, page: Page, conditions: Conditions, sort: Sort | None, size: int
    ) -> dict[str, Any]:
        base = self.get_url(".index_view")
        editable = make_editable(self.editable_names, self.fields) if self.allowed("edit") else {}
        names = self.shown_columns()
        columns = make_columns(
            names,
            sortable=self.served_columns(conditions),
            editable=editable,
            descriptions=self.column_descriptions or {},
            query=query,
            sort=sort,
            base=base,
        )
        drawn = columns if self.row_cells else ()
        labels = self.labels([column.name for column in drawn])
        linked = self.column_display_actions
        rows = make_rows(
            page.rows,
            drawn,
            pk=self.source.pk,
            version=self.source.version,
            cell=lambda row, column: self._cell(row, column, labels),
            details=self.get_url(".details_view") + "?id=" if linked and self.allowed("details") else None,
            edit=self.get_url(".edit_view") + "?id=" if linked and self.allowed("edit") else None,
        )
        return {
            "page": page,
            "rows": rows,
            "columns": columns,
            "sort": sort,
            "filters": make_filters(query, self._filters, base),
            "pager": make_pager(query, page, size, self.page_sizes, base),
            "consumed": page.consumed,
            "editable": editable,
            "actions": self.bulk_actions(),
            "empty_message": self.get_empty_list_message(),
            "search": query.search,
            "search_supported": self._search_supported,
            "search_placeholder": self.search_placeholder(),
            **self._page_links(query, base, editing=bool(editable)),
        }

    def _page_links(self, query: ListQuery, base: str, *, editing: bool) -> dict[str, str | None]:
        return {
            "return_url": query.url(base),
            "export_url": self._export_url(query),
            "create_url": self.get_url(".create_view") if self.allowed("create") else None,
            "update_url": self.get_url(".ajax_update") if editing else None,
            "action_url": self.get_url(".action_view"),
            "delete_url": self.get_url(".delete_view") if self.allowed("delete") else None,
            "list_url": base,
        }

    def _cell(self, row: Any, column: Column, labels: Mapping[str, Mapping[str, str]]) -> Cell:
        raw = self.fields[column.name].text(getattr(row, column.name, None)) if column.editable else None
        return Cell(self.text_of(row, column.name, labels), raw)

    def _export_url(self, query: ListQuery) -> str | None:
        if not self.allowed("export"):
            return None
        first = ListQuery(query.values, query.search, query.sort, query.descending)
        return first.url(self.get_url(".export", export_type="csv"))

    @property
    def page_sizes(self) -> tuple[int, ...]:
        """Lists the page sizes to choose from; none where can_set_page_size is off."""
        return tuple(self.page_size_options) if self.can_set_page_size else ()

    def bulk_actions(self) -> list[BulkAction]:
        """Lists the bulk actions the current person may use, with the choices of each."""
        return [
            BulkAction(
                name,
                label,
                confirm,
                tuple(choices(self)) if choices else () if lookup else None,
                lookup(self).url if lookup else None,
            )
            for name, (label, confirm, choices, lookup, _) in self._bulk_actions.items()
            if self.is_action_allowed(name)
        ]

    @expose("/details/")
    def details_view(self) -> Any:
        """Show one row."""
        row = self.get_one(request.args.get("id", ""))
        if row is None:
            abort(404)
        labels = self.labels([name for name, _ in self._details_columns])
        details = [
            (name, label, self.text_of(row, name, labels, "details")) for name, label in self._details_columns
        ]
        pk = self.source.pk(row)
        return self.render(
            self.details_template,
            row=row,
            pk=pk,
            version=self.source.version(row),
            details=details,
            edit_url=self.get_url(".edit_view", id=pk) if self.allowed("edit") else None,
            delete_url=self.get_url(".delete_view") if self.allowed("delete") else None,
            return_url=return_target() or self.get_url(".index_view"),
        )

    @expose("/export/<export_type>/")
    def export(self, export_type: str) -> Any:
        """Stream the whole list as CSV."""
        if export_type != "csv":
            abort(404)
        query, problems = read_query(request.args, self._filters, self.page_sizes)
        try:
            if problems:
                raise BadRequest(problems[0])
            rows = self.source.iterate(self.list_conditions(query), sort_of(query, self.default_sort))
        except ListingError as error:
            return self.render_list(query, [str(error)])
        columns = self.export_columns()
        lines = ([value(row) for _, value in columns] for row in self.export_rows(rows))
        stream = stream_csv([title for title, _ in columns], lines, most=self.export_max_rows)
        headers = {"Content-Disposition": f'attachment; filename="{self.get_export_name("csv")}"'}
        return Response(stream_with_context(stream), mimetype="text/csv", headers=headers)

    def export_columns(self) -> ExportColumns:
        """Give title and value of each column of the export; override to write others."""
        labels = self.labels([name for name, _ in self._export_columns])
        return [(label, self._value_of(name, labels)) for name, label in self._export_columns]

    def _value_of(self, name: str, labels: Mapping[str, Mapping[str, str]]) -> Callable[[Any], Any]:
        return lambda row: self.export_value(row, name, labels)

    def export_value(self, row: Any, name: str, labels: Mapping[str, Mapping[str, str]]) -> Any:
        """Gives a value for the export: numbers as they are, the rest as people read it."""
        value = getattr(row, name, None)
        plain = name not in (self.column_formatters_export or {}) and not self._type_formatters["export"]
        if plain and isinstance(value, int | float) and not isinstance(value, bool):
            return value
        return self.text_of(row, name, labels, "export")

    def export_rows(self, rows: Iterable[Any]) -> Iterable[Any]:
        """Pass on the rows to be exported; override to look up what belongs to many of them at once."""
        return rows
