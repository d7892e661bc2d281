"""Switches on the expiry of tables that lack it: a set-up that was stopped leaves a table without."""

from dynamodb_client import LeanModel, client
from models.store_errors import translated
from models.table_specs import TableSpec

ON = {"ENABLED", "ENABLING"}


def switch_on(tables: tuple[type[LeanModel], ...]) -> list[str]:
    """Let items expire where the model says so and the table does not; return the tables' names; safe to repeat."""
    changed = []
    for table in tables:
        name, attribute = table.Meta.table_name, TableSpec.from_model(table).ttl
        if attribute is None:
            continue
        with translated():
            present = client().describe_time_to_live(TableName=name)["TimeToLiveDescription"]
            if present.get("TimeToLiveStatus") in ON:
                continue
            client().update_time_to_live(
                TableName=name,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute},
            )
        changed.append(name)
    return changed
