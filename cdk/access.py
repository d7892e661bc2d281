"""What the running product may do with each table, in DynamoDB's words, and nothing else.

While the tests run, every request that the product's own code makes is held against this (tests/granted.py):
what is missing here fails there, and not first in production.
"""

from models.blueprint import TableSpec

# Reading by key, adding, checking a condition, and asking whether the table is there.
EVERYWHERE = frozenset({"ConditionCheckItem", "DescribeTable", "GetItem", "PutItem", "Query"})
# History and trail are only added to: nothing there can be deleted, whatever happens to the product.
MORE: dict[str, frozenset[str]] = {
    "users": frozenset({"BatchGetItem", "BatchWriteItem", "Scan", "UpdateItem"}),
    "user_emails": frozenset({"DeleteItem"}),
    "roles": frozenset({"Scan"}),
    "sessions": frozenset({"BatchGetItem", "DeleteItem", "Scan"}),
    "tickets": frozenset({"BatchGetItem", "Scan"}),
    "ticket_history": frozenset({"Scan"}),
    "settings": frozenset({"BatchGetItem", "BatchWriteItem", "UpdateItem"}),
    "outbox": frozenset({"DeleteItem"}),
    "attempts": frozenset({"BatchGetItem", "DeleteItem", "Scan", "UpdateItem"}),
}


def table_actions(name: str) -> frozenset[str]:
    """Return what may be done with a table itself."""
    return EVERYWHERE | MORE.get(name, frozenset())


def index_actions(table: TableSpec) -> dict[str, frozenset[str]]:
    """Return what may be done with each of a table's indexes: to ask it."""
    return {index.name: frozenset({"Query"}) for index in table.indexes}
