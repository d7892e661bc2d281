"""What the running product may do with each table, in DynamoDB's words, and nothing else.

While the tests run, every request of the product's own code is checked against this list
(tests/granted_permissions.py): what is missing here fails there, and not first in production.
"""

from models.table_specs import TableSpec

# Reading by key, adding, checking a condition, and asking whether the table is there.
EVERYWHERE = frozenset({"ConditionCheckItem", "DescribeTable", "GetItem", "PutItem", "Query"})
# Whoever is erased is looked for in every table, and taken out of it.
ERASABLE = frozenset({"DeleteItem", "Scan", "UpdateItem"})
# Tickets, their history and the audit log cannot be deleted, whatever happens to the product; what names a person
# who is erased is struck out where it stands.
KEPT = {
    "users": frozenset({"Scan", "UpdateItem"}),
    "tickets": frozenset({"Scan", "UpdateItem"}),
    "ticket_history": frozenset({"Scan", "UpdateItem"}),
    "audit": frozenset({"UpdateItem"}),
}
BATCHES = {
    "users": frozenset({"BatchGetItem", "BatchWriteItem"}),
    "user_emails": frozenset({"BatchGetItem"}),
    "sessions": frozenset({"BatchGetItem"}),
    "api_tokens": frozenset({"BatchGetItem"}),
    "tickets": frozenset({"BatchGetItem"}),
    "settings": frozenset({"BatchGetItem"}),
    "attempts": frozenset({"BatchGetItem"}),
    "idempotency_keys": frozenset({"BatchWriteItem"}),
    "ticket_history": frozenset({"BatchGetItem"}),
    "jobs": frozenset({"BatchGetItem", "BatchWriteItem"}),
}


def table_actions(name: str) -> frozenset[str]:
    """Return what may be done with a table itself."""
    return EVERYWHERE | KEPT.get(name, ERASABLE) | BATCHES.get(name, frozenset())


def index_actions(table: TableSpec) -> dict[str, frozenset[str]]:
    """Return what may be done with each of a table's indexes: to ask it."""
    return {index.name: frozenset({"Query"}) for index in table.indexes}
