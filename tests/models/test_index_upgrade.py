"""An index that lacks what lists need now is rebuilt from the tickets that are there."""

from datetime import UTC, datetime

import pytest

import models
from dynamodb_client import ConnectionOptions
from models import index_upgrade, ticket
from models.table_specs import TableSpec
from models.ticket_fields import TicketFields

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def older(created_tables: ConnectionOptions) -> str:
    """Store a ticket, and let an index carry its version alone, as before the other fields were listed."""
    name = f"{created_tables.prefix}tickets"
    fields = TicketFields(subject="S", status="new", priority="low", team_id="support", created_at=NOW)
    ticket.compose(ticket_id=1, version=1, updated_at=NOW, fields=fields, shards=1).save()
    keys = [
        {"AttributeName": "team_id", "KeyType": "HASH"},
        {"AttributeName": "state_at", "KeyType": "RANGE"},
    ]
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["version"]}
    create = {"Create": {"IndexName": "by_team", "KeySchema": keys, "Projection": projection}}
    for change in ({"Delete": {"IndexName": "by_team"}}, create):
        index_upgrade._update(name, TableSpec.from_model(ticket.Ticket), change)
    assert [item.subject for item in ticket.Ticket.by_team.query("support")] == [None]
    return name


def test_an_index_is_rebuilt_once(older: str) -> None:
    assert models.upgrade_indexes() == [f"{older}.by_team"]
    assert [item.subject for item in ticket.Ticket.by_team.query("support")] == ["S"]
    assert models.upgrade_indexes() == []
    assert models.create_tables() == []
