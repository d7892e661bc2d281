"""Instants and JSON documents survive the way to DynamoDB and back."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamodb_client import Instant, Json

instants = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))


def test_an_instant_is_text_with_microseconds_and_z() -> None:
    at = datetime(2026, 11, 22, 11, 0, tzinfo=timezone(timedelta(hours=1)))
    assert Instant().serialize(at) == "2026-11-22T10:00:00.000000Z"


@given(instants.filter(lambda at: 2 < at.year < 9998), instants.filter(lambda at: 2 < at.year < 9998))
def test_instants_round_trip_and_sort_as_text(one: datetime, other: datetime) -> None:
    texts = [Instant().serialize(at) for at in (one, other)]
    assert [Instant().deserialize(text) for text in texts] == [one, other]
    assert (texts[0] < texts[1]) == (one < other)
    assert Instant().deserialize(texts[0]).tzinfo is UTC


def test_an_instant_must_be_aware() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        Instant(attr_name="seen_at").serialize(datetime(2026, 11, 22))  # noqa: DTZ001 - the point


finite = st.floats(allow_nan=False, allow_infinity=False)
documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(documents)
def test_json_round_trips(document: Any) -> None:
    attribute = Json[Any]()
    assert attribute.deserialize(attribute.serialize(document)) == document


@pytest.mark.parametrize("value", [datetime(2026, 11, 22, tzinfo=UTC), {1: "a"}, {1, 2}])
def test_json_refuses_what_it_could_not_give_back(value: Any) -> None:
    with pytest.raises(TypeError):
        Json[Any]().serialize(value)
