"""What a source of rows promises whoever writes through it."""

from typing import Any

import pytest

from pynamodb_grid.admin import Refused, StaleWrite
from pynamodb_grid.tests.support import stamp


def test_an_update_never_creates(source: Any, moto_table: type[Any]) -> None:
    row = (
        source.get("1")
        if source.get("1")
        else source.create({"ticket_id": 1, "status": "open", "updated_at": stamp(0)})
    )
    real = source.get

    def deleted_meanwhile(pk: str) -> Any:
        ticket = real(pk)
        moto_table(ticket_id=row.ticket_id).delete(add_version_condition=False)
        return ticket

    source.get = deleted_meanwhile
    with pytest.raises(Exception, match="no longer exists"):
        source.update("1", {"status": "solved"}, None)
    assert real("1") is None


def test_a_stale_write_names_the_values(source: Any) -> None:
    source.create({"ticket_id": 5, "status": "open", "updated_at": stamp(0)})
    source.update("5", {"score": 1}, 1, shown_values={"score": None})
    with pytest.raises(StaleWrite) as caught:
        source.update("5", {"score": 2}, 1, shown_values={"score": None})
    error = caught.value
    assert (error.field, error.old, error.theirs, error.yours, error.version) == ("score", None, 1, 2, 2)
    with pytest.raises(Refused, match="already exists"):
        source.create({"ticket_id": 5, "status": "open", "updated_at": stamp(0)})
