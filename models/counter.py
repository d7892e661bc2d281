"""Counters: numbers that are given out once."""

from collections.abc import Callable

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from dynamodb_client import LeanModel
from models import items, transaction
from models.store_errors import EngineUnavailable, VersionMoved, translated
from models.transaction import Put, Update

ATTEMPTS = 20  # while others take numbers at the same moment


class Counter(LeanModel):
    """One counter; `number` is the last number that was given out."""

    class Meta:
        table_name = "counters"

    name = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(default=0)


def next_number(name: str, by: int = 1) -> int:
    """Advance a counter atomically and return its new value; a number is never given out twice."""
    item = Counter(name=name)
    with translated():
        item.update(actions=[Counter.number.add(by)])
    return int(item.number)


def reserve(name: str, by: int, note: Callable[[int], LeanModel]) -> int:
    """Reserve `by` numbers and return the first of them.

    The item that `note` builds from the first number, which says whose they are, is written in the same
    transaction. It is asked again whenever somebody else took numbers meanwhile; raises EngineUnavailable
    when that does not end.
    """
    for _ in range(ATTEMPTS):
        item = items.find(Counter, name)
        last = int(item.number) if item is not None else 0
        advance = Update(
            Counter(name=name),
            [Counter.number.set(last + by)],
            Counter.name.does_not_exist() if item is None else Counter.number == last,
        )
        try:
            transaction.write(advance, Put(note(last + 1)), retry=False)
        except VersionMoved:
            continue
        return last + 1
    raise EngineUnavailable("others take numbers again and again")
