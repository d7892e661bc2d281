"""The view that a project subclasses."""

from pynamodb_grid.admin.bulk import bulk_action
from pynamodb_grid.admin.write_pages import WritePages


class PynamoView(WritePages):
    """Lists, shows, edits and exports the rows of a source.

    Everything is forbidden until `can` says otherwise. Bulk actions are methods marked with @bulk_action;
    "delete" is built in and asks can_delete and `can("bulk:delete")`.
    """

    @bulk_action("delete", "Delete", confirm="Delete the chosen records? This cannot be undone.")
    def bulk_delete(self, pk: str, version: int | None, value: str | None) -> None:
        """Remove one of the chosen rows."""
        del value
        self.delete_row(pk, version)
