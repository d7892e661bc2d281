"""The same crowd on a product without its protections: the checks of test_faulty_engine.py find what happens.

Each run is checked by the tickets it made itself, since an earlier one leaves its damage behind.
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


def test_without_idempotency_tokens_words_are_doubled(site, proxy, monkeypatch, capsys):
    """Three nets, taken away together: the token of the wire, the id of the attempt, the key of the form."""
    proxy.edit = only_for_transactions(lambda wanted: wanted.pop("ClientRequestToken", None))
    monkeypatch.setattr(ledger, "_is_ours", lambda _: False)
    monkeypatch.setattr(Author, "of", classmethod(lambda cls, actor, now, *_: cls(actor, now)))
    wrong = what_is_wrong(site, proxy, capsys)
    assert [line for line in wrong if line.startswith("doubled: Wish")]


def test_without_conditions_changes_are_lost_or_doubled(site, proxy, capsys):
    """Whoever writes last wins: history and ticket are overwritten together, so the ledger looks whole."""
    proxy.edit = only_for_transactions(drop_conditions)
    wrong = what_is_wrong(site, proxy, capsys)
    assert [line for line in wrong if line.startswith(("lost: Wish", "doubled: Wish"))]


def what_is_wrong(site, proxy, capsys) -> list[str]:
    """Run the crowd and return what promises were broken."""
    before = set(stored_history())
    done = run(site, proxy, operations=OPERATIONS, seed=2)
    history = {number: items for number, items in stored_history().items() if number not in before}
    wrong = broken_promises(done.wishes, history)
    tell(capsys, wishes=len(done.wishes), wrong=Counter(line.partition(":")[0] for line in wrong))
    return wrong


def only_for_transactions(change: Callable[[dict], object]) -> Callable[[str, bytes], bytes]:
    """Change the transactions that go to the engine, and nothing else."""

    def edit(operation: str, body: bytes) -> bytes:
        if operation != "TransactWriteItems":
            return body
        wanted = json.loads(body)
        change(wanted)
        return json.dumps(wanted).encode()

    return edit


def drop_conditions(wanted: dict) -> None:
    """Take the conditions of all items that are put whole."""
    for item in wanted["TransactItems"]:
        for name in ("ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"):
            item.get("Put", {}).pop(name, None)
