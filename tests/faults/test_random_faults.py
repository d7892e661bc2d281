"""The choice of faults: the same for the same seed, at the given rate, only where a fault can happen."""

import pytest

from tests.faults.random_faults import FAULTS, Trouble

WRITE = b'{"TransactItems": [{}, {}]}'
QUESTION = b'{"TableName": "t", "IndexName": "i"}'
OF_INDEXES, OF_WRITES = "late index", "conflict"


@pytest.fixture(autouse=True)
def _calm():
    """Stand in for the other tests' proxy: nothing is sent here."""


def chosen(trouble, operation, body, count=400):
    """Return for each of many requests whether it meets a fault."""
    return [trouble.act(operation, body) is not None for _ in range(count)]


def test_the_same_seed_chooses_the_same():
    first = chosen(Trouble.of_each(0.1, seed=3), "TransactWriteItems", WRITE)
    assert first == chosen(Trouble.of_each(0.1, seed=3), "TransactWriteItems", WRITE)
    assert first != chosen(Trouble.of_each(0.1, seed=4), "TransactWriteItems", WRITE)


@pytest.mark.parametrize(
    ("operation", "body", "never"),
    [
        ("TransactWriteItems", WRITE, {OF_INDEXES}),
        ("UpdateItem", b"{}", {OF_INDEXES}),
        ("Query", QUESTION, {OF_WRITES}),
        ("Query", b'{"TableName": "t"}', {OF_WRITES, OF_INDEXES}),
        ("GetItem", b"{}", {OF_WRITES, OF_INDEXES}),
    ],
)
def test_each_fault_has_its_share_where_it_can_happen(operation, body, never):
    trouble = Trouble.of_each(0.1)
    chosen(trouble, operation, body, 2000)
    assert set(trouble.met.done) == set(FAULTS) - never
    assert all(100 < count < 320 for count in trouble.met.done.values()), trouble.met.done
    assert set(trouble.met.possible) == set(FAULTS) - never


def test_creating_tables_meets_no_fault():
    assert not any(chosen(Trouble.of_each(0.14), "CreateTable", b"{}"))


@pytest.mark.parametrize("rates", [{"fire": 0.1}, {"slow": 0.6, "failed": 0.6}])
def test_invalid_rates_are_refused(rates):
    with pytest.raises(AssertionError):
        Trouble(rates)
