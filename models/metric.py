"""Daily roll-ups, kept for good."""

from pynamodb.attributes import UnicodeAttribute

from dynamodb_client import Json, LeanModel


class Metric(LeanModel):
    """One day of one scope (all, agent#id, team#id): figure name -> value.

    Not used yet: filled by the worker's daily roll-ups, which are kept when the ledger's details are gone.
    """

    class Meta:
        table_name = "metrics"

    scope = UnicodeAttribute(hash_key=True)
    day = UnicodeAttribute(range_key=True)
    figures = Json[dict[str, float]]()
