"""The same crowd on a product without its protections: the checks of test_faulty_engine.py find what happens.

Each run is checked by the tickets it made itself, since an earlier one leaves its damage behind.
"""

import json
from collections.abc import Callable

from models import ledger
from services.tickets.writer import Author
from tests.faults.checks import broken_promises, not_whole, stored_history
from tests.faults.run import run

OPERATIONS = 250


def test_without_idempotency_tokens_words_are_doubled(site, proxy, monkeypatch):
    """Three nets, taken away together: the token of the wire, the id of the attempt, the key of the form."""
    proxy.edit = only_for_transactions(lambda wanted: wanted.pop("ClientRequestToken", None))
    monkeypatch.setattr(ledger, "_is_ours", lambda _: False)
    monkeypatch.setattr(Author, "of", classmethod(lambda cls, actor, now, *_: cls(actor, now)))
    promises, _, _ = what_is_wrong(site, proxy)
    assert [line for line in promises if line.startswith("doubled: Wish")]


def test_without_conditions_changes_are_lost(site, proxy):
    """Whoever writes last wins: versions are overwritten, and with them what was acknowledged."""
    proxy.edit = only_for_transactions(drop_conditions)
    promises, halves, violations = what_is_wrong(site, proxy)
    assert [line for line in promises if line.startswith("lost: Wish")]
    assert halves + violations


def what_is_wrong(site, proxy) -> tuple[list[str], list[str], list[str]]:
    """Run the crowd; returns broken promises, tickets that are not whole, and the ledger's violations."""
    before = set(stored_history())
    done = run(site, proxy, operations=OPERATIONS, seed=2)
    history = {number: items for number, items in stored_history().items() if number not in before}
    mine = tuple(f"ticket {number}: " for number in history)
    found = [line for line in site.services.audit.verify().shown if line.startswith(mine)]
    return broken_promises(done.wishes, history), not_whole(history), found


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
