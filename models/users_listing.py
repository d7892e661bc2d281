"""Lists of people: by role, or all roles merged, in the order of names."""

from collections.abc import Callable, Sequence

from models.user import User
from pynamodb_grid.listing import Fixed, IndexPlan, Listing, Partitioned, Plain


def build(*, keys: tuple[bytes, ...], roles: Callable[[], Sequence[str]]) -> Listing:
    """Declare the plan; `keys` sign cursors, `roles` lists every role, for lists that do not choose one."""
    by_role = Partitioned("role_id", lambda role: [role], roles)
    return Listing(
        User,
        key=keys,
        plans=(
            IndexPlan("by_organization", Fixed("organization_id"), Plain("sort_name")),
            IndexPlan("by_role", by_role, Plain("sort_name")),
        ),
        attributes=(
            "user_id",
            "version",
            "name",
            "sort_name",
            "email",
            "role_id",
            "team_ids",
            "organization_id",
            "active",
            "created_at",
            "invited_at",
        ),
    )
