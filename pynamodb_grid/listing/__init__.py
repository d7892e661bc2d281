"""Lists over PynamoDB models: planned by index, paged by signed cursors, bounded in cost."""

from pynamodb_grid.listing.columnar import ColumnarPort, Position, Selection, Window
from pynamodb_grid.listing.listing import Listing
from pynamodb_grid.listing.listing_errors import (
    BadCursor,
    BadRequest,
    ListingError,
    TooLarge,
    Unavailable,
    Unservable,
)
from pynamodb_grid.listing.plans import Fixed, IndexPlan, Partitioned, Plain, Prefixed, SmallTable
from pynamodb_grid.listing.request import (
    Condition,
    Conditions,
    Explanation,
    ListRequest,
    Op,
    Page,
    Sort,
    on_field,
)

__all__ = [
    "BadCursor",
    "BadRequest",
    "ColumnarPort",
    "Condition",
    "Conditions",
    "Explanation",
    "Fixed",
    "IndexPlan",
    "ListRequest",
    "Listing",
    "ListingError",
    "Op",
    "Page",
    "Partitioned",
    "Plain",
    "Position",
    "Prefixed",
    "Selection",
    "SmallTable",
    "Sort",
    "TooLarge",
    "Unavailable",
    "Unservable",
    "Window",
    "on_field",
]
