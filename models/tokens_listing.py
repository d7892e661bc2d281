"""Lists of tokens: one person's, or everybody's, in the order of their creation."""

from models.api_token import ApiToken
from pynamodb_grid.listing import Fixed, IndexPlan, Listing, Plain


def build(*, keys: tuple[bytes, ...]) -> Listing:
    """Declare the plans; `keys` sign cursors. Rows are read from the table, so that a revoked token never shows."""
    by_time = Plain("created_at")
    return Listing(
        ApiToken,
        key=keys,
        hydrate=True,
        plans=(
            IndexPlan("by_user", Fixed("user_id"), by_time),
            IndexPlan("by_creation", Fixed("partition"), by_time),
        ),
    )
