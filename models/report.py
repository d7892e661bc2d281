"""Saved report definitions with their schedule."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from dynamodb_client import Instant, Json, LeanModel


class ByOwner(GlobalSecondaryIndex["Report"]):
    """A person's reports, by last change."""

    class Meta:
        index_name = "by_owner"
        projection = AllProjection()

    owner_id = UnicodeAttribute(hash_key=True)
    updated_at = Instant(range_key=True)


class Report(LeanModel):
    """One saved report: which page with which filters, and when to send it.

    Not used yet: filled by people who save a view of the dashboard, once reports can be saved and sent.
    """

    class Meta:
        table_name = "reports"

    report_id = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(default=1)
    owner_id = UnicodeAttribute()
    name = UnicodeAttribute()
    definition = Json[dict[str, str]](default=dict)
    updated_at = Instant()
    by_owner = ByOwner()
