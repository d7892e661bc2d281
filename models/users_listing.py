"""Lists of people: by role, or all roles merged, in the order of names."""

from collections.abc import Callable, Sequence

from models.user import User
from pynamodb_grid.listing import (
    BadRequest,
    ColumnarPort,
    Condition,
    Fixed,
    IndexPlan,
    Listing,
    Op,
    Partitioned,
    Plain,
    Position,
    Selection,
    Sort,
    Window,
)

__all__ = [
    "BadRequest",
    "ColumnarPort",
    "Condition",
    "Op",
    "Position",
    "Selection",
    "Sort",
    "Window",
    "build",
]


def build(*, keys: tuple[bytes, ...], roles: Callable[[], Sequence[str]], directory: ColumnarPort) -> Listing:
    """Declare the plans; `keys` sign cursors, `roles` lists every role, for lists that do not choose one.

    The directory comes first: an index needs a read for each role.
    """
    by_role = Partitioned("role_id", lambda role: [role], roles)
    return Listing(
        User,
        key=keys,
        plans=(
            IndexPlan("by_organization", Fixed("organization_id"), Plain("sort_name")),
            IndexPlan("by_role", by_role, Plain("sort_name")),
        ),
        columnar=directory,
        copy_first=True,
        attributes=(
            "user_id",
            "version",
            "name",
            "sort_name",
            "email",
            "phone",
            "role_id",
            "team_ids",
            "organization_id",
            "active",
            "created_at",
            "invited_at",
        ),
    )
