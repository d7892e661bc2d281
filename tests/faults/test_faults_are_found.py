"""The same users on a product without its protections: the checks of test_faulty_engine.py find the damage.

Each run checks only the tickets it created, since an earlier run leaves its damage behind.
"""

import json
from collections import Counter
from collections.abc import Callable

import pytest

from models import ledger
from pynamodb_grid.tests.depth import deep
from services.tickets.writer import Author
from tests.faults.checks import broken_promises, stored_history
from tests.faults.run import run, tell

OPERATIONS = 160

pytestmark = [pytest.mark.takes(5), deep]


def test_without_ids_and_keys_words_are_doubled(site, proxy, monkeypatch, capsys):
    """Both protections are off: the writer's id and the idempotency key."""
    monkeypatch.setattr(ledger, "is_written", lambda *_: False)
    monkeypatch.setattr(Author, "of", classmethod(lambda cls, actor, now, *_: cls(actor, now)))
    wrong = what_is_wrong(site, proxy, capsys)
    assert [line for line in wrong if line.startswith("doubled: Write")]


def test_without_conditions_changes_are_lost_or_doubled(site, proxy, capsys):
    """Whoever writes last wins: history and ticket are overwritten together, so the ledger looks whole."""
    proxy.edit = only_for_transactions(drop_conditions)
    wrong = what_is_wrong(site, proxy, capsys)
    assert [line for line in wrong if line.startswith(("lost: Write", "doubled: Write"))]


def what_is_wrong(site, proxy, capsys) -> list[str]:
    """Run the users and return what is wrong with the tickets they created."""
    before = set(stored_history())
    done = run(site, proxy, operations=OPERATIONS, seed=2)
    history = {number: items for number, items in stored_history().items() if number not in before}
    wrong = broken_promises(done.writes, history)
    tell(capsys, writes=len(done.writes), wrong=Counter(line.partition(":")[0] for line in wrong))
    return wrong


def only_for_transactions(change: Callable[[dict], object]) -> Callable[[str, bytes], bytes]:
    """Change the transactions that go to the engine, and nothing else."""

    def edit(operation: str, body: bytes) -> bytes:
        if operation != "TransactWriteItems":
            return body
        request = json.loads(body)
        change(request)
        return json.dumps(request).encode()

    return edit


def drop_conditions(request: dict) -> None:
    """Remove the conditions of all puts."""
    for item in request["TransactItems"]:
        for name in ("ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"):
            item.get("Put", {}).pop(name, None)
