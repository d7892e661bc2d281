"""Items read and written by a codec are the items that PynamoDB reads and writes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    DiscriminatorAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NullAttribute,
    NumberAttribute,
    NumberSetAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.exceptions import AttributeDeserializationError, AttributeNullError
from pynamodb.models import Model

from dynamodb_client import Instant, Json, LeanModel, serialize

NOW = datetime(2026, 11, 22, 10, 0, 0, 5, tzinfo=UTC)


class Shout(UnicodeAttribute):
    """A type that the codec does not know."""

    def deserialize(self, value: str) -> str:
        return value.upper()


class Plain(LeanModel):
    class Meta:
        table_name = "plain"

    key = UnicodeAttribute(hash_key=True, attr_name="k")
    rank = NumberAttribute(range_key=True)
    version = VersionAttribute()
    flag = BooleanAttribute(null=True)
    at = Instant(null=True)
    then = UTCDateTimeAttribute(null=True)
    expires = TTLAttribute(null=True)
    document = Json[Any](null=True)
    old_document = JSONAttribute(null=True)
    words = UnicodeSetAttribute()
    numbers = NumberSetAttribute()
    count = NumberAttribute(default=7)
    tags = Json[list[str]](default=list)
    fresh = UnicodeAttribute(default_for_new="new", null=True)


class Address(MapAttribute[str, Any]):
    street = UnicodeAttribute()


class Mixed(LeanModel):
    class Meta:
        table_name = "mixed"

    key = UnicodeAttribute(hash_key=True)
    shout = Shout(null=True)
    data = BinaryAttribute(legacy_encoding=False, null=True)
    home = Address(null=True)
    items = ListAttribute[Any](null=True)
    nothing = NullAttribute(null=True)


class Relative(LeanModel):
    class Meta:
        table_name = "relative"

    key = UnicodeAttribute(hash_key=True)
    expires = TTLAttribute(default=timedelta(hours=1))


class Animal(LeanModel):
    class Meta:
        table_name = "animals"

    key = UnicodeAttribute(hash_key=True)
    kind = DiscriminatorAttribute()


class Cat(Animal, discriminator="cat"):  # type: ignore[call-arg]  # PynamoDB's metaclass takes it
    lives = NumberAttribute(default=9)


class Constructed(LeanModel):
    class Meta:
        table_name = "constructed"

    key = UnicodeAttribute(hash_key=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.built = True


def stock_read(model: type[LeanModel], data: dict[str, Any]) -> Any:
    return Model.from_raw_data.__func__(model, data)  # type: ignore[attr-defined]


def both(model: type[LeanModel], data: dict[str, Any]) -> tuple[Any, Any]:
    fast, stock = model.from_raw_data(data), stock_read(model, data)
    assert type(fast) is type(stock)
    return fast, stock


FULL = {
    "k": {"S": "a"},
    "rank": {"N": "1.5"},
    "version": {"N": "3"},
    "flag": {"BOOL": False},
    "at": {"S": "2026-11-22T10:00:00.000005Z"},
    "then": {"S": "2026-11-22T10:00:00.000005+0000"},
    "expires": {"N": "1795341600"},
    "document": {"S": '{"a":[1,null]}'},
    "old_document": {"S": '{"a": 1}'},
    "words": {"SS": ["x", "y"]},
    "numbers": {"NS": ["1", "2.5"]},
    "count": {"N": "1E3"},
    "tags": {"S": '["t"]'},
}
MIXED = {
    "key": {"S": "a"},
    "shout": {"S": "hey"},
    "data": {"B": b"\x00\xff"},
    "home": {"M": {"street": {"S": "Elm"}}},
    "items": {"L": [{"S": "x"}, {"N": "1"}, {"M": {"deep": {"BOOL": True}}}]},
    "nothing": {"NULL": True},
}
ITEMS: list[tuple[type[LeanModel], dict[str, Any]]] = [
    (Plain, FULL),
    (Plain, {}),
    (Plain, {"k": {"S": "a"}, "stranger": {"S": "ignored"}, "count": {"NULL": True}, "at": {}}),
    (Plain, {"k": {"S": ""}, "rank": {"N": "-0"}, "version": {"N": "2.0"}, "count": {"N": str(10**30)}}),
    (Mixed, {key: value for key, value in MIXED.items() if key != "home"}),
    (Animal, {"key": {"S": "a"}, "kind": {"S": "cat"}, "lives": {"N": "3"}}),
    (Cat, {"key": {"S": "a"}, "kind": {"S": "cat"}}),
    (Constructed, {"key": {"S": "a"}}),
]


@pytest.mark.parametrize(("model", "item"), ITEMS)
def test_reads_as_stock(model: type[LeanModel], item: dict[str, Any]) -> None:
    fast, stock = both(model, item)
    assert fast.attribute_values.keys() == stock.attribute_values.keys()
    for name, value in stock.attribute_values.items():
        assert fast.attribute_values[name] == value
        assert type(fast.attribute_values[name]) is type(value)
    assert vars(fast).keys() == vars(stock).keys()


def test_reads_maps_as_stock() -> None:
    fast, stock = both(Mixed, MIXED)
    assert fast.home.street == stock.home.street == "Elm"
    assert fast.shout == stock.shout == "HEY"


def test_two_items_share_nothing() -> None:
    one, other = Plain.from_raw_data({}), Plain.from_raw_data({})
    one.tags.append("mine")
    one.count = 8
    assert other.tags == []
    assert other.count == 7


def test_a_relative_expiry_counts_from_the_moment_of_reading() -> None:
    item = Relative.from_raw_data({"key": {"S": "a"}})
    assert abs(item.expires - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=5)


@pytest.mark.parametrize("read", [Plain.from_raw_data, lambda data: stock_read(Plain, data)])
def test_a_value_of_another_type_is_an_error(read: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(AttributeDeserializationError, match="rank"):
        read({"rank": {"S": "one"}})


def test_no_data_is_an_error() -> None:
    with pytest.raises(ValueError, match="no data"):
        Plain.from_raw_data(None)  # type: ignore[arg-type]


def filled() -> Plain:
    return Plain(
        "a", 1, version=2, flag=True, at=NOW, then=NOW, expires=NOW, document={"a": [1]}, old_document=[1],
        words={"w"}, numbers={1, 2}, count=2.5, tags=["t"],
    )  # fmt: skip


@pytest.mark.parametrize(
    "model",
    [
        filled(),
        Plain("a", 1, words=set(), flag=False),
        Plain("a", 10**30),
        Mixed("a", shout="x", data=b"\x00", home=Address(street="Elm"), items=[1, "a"]),
        Cat("a"),
        Constructed("a"),
    ],
)
def test_writes_as_stock(model: LeanModel) -> None:
    fast, stock = model.serialize(null_check=False), Model.serialize(model, null_check=False)
    assert fast == stock
    assert list(fast) == list(stock)


def test_serialize_gives_the_raw_item() -> None:
    item = serialize(filled())
    assert item["k"] == {"S": "a"}
    assert item["at"] == {"S": "2026-11-22T10:00:00.000005Z"}
    assert Plain.from_raw_data(item).attribute_values == filled().attribute_values


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(AttributeNullError, match="rank"):
        serialize(Plain("a"))


numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.text(min_size=1), numbers, numbers)
def test_round_trips(key: str, rank: float, count: float) -> None:
    item = Plain.from_raw_data(serialize(Plain(key, rank, count=count)))
    assert (item.key, item.rank, item.count) == (key, rank, count)
    assert type(item.rank) is type(rank)
