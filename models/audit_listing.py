"""Lists of audit events: of one thing, of one person, or all, in the order of time."""

from models.audit import AuditEntry
from pynamodb_grid.listing import Fixed, IndexPlan, Listing, Plain


def build(*, keys: tuple[bytes, ...]) -> Listing:
    """Declare the plans; `keys` sign cursors."""
    in_time = Plain("entry_key")
    return Listing(
        AuditEntry,
        key=keys,
        plans=(
            IndexPlan("by_subject", Fixed("subject"), in_time),
            IndexPlan("by_actor", Fixed("actor_id"), in_time),
            IndexPlan(None, Fixed("partition"), in_time, consistent=True),
        ),
    )
