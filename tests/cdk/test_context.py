"""An environment is read from context, or refused with a sentence."""

import json
from dataclasses import fields

import pytest

from cdk.context import ContextError, Stage, stages
from local.settings import ROOT

GIVEN = {
    "region": "eu-central-1",
    "zones": ["eu-central-1a", "eu-central-1b"],
    "domain": "help.example.org",
    "zone_name": "example.org",
    "zone_id": "Z1",
    "alarm_email": "operators@example.org",
}


def test_the_committed_context_has_three_environments():
    context = json.loads((ROOT / "cdk" / "cdk.json").read_text(encoding="utf-8"))["context"]
    environments = stages(context["stages"])
    assert [stage.name for stage in environments] == ["dev", "staging", "production"]
    assert len({stage.domain for stage in environments}) == 3
    assert [stage.keep_data for stage in environments] == [False, True, True]


def test_production_stands_in_three_zones_and_survives_one():
    context = json.loads((ROOT / "cdk" / "cdk.json").read_text(encoding="utf-8"))["context"]
    production = stages(context["stages"])[-1]
    assert len(production.zones) == 3
    assert production.tasks_least >= 2
    assert production.nat_gateways >= 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zones": ["eu-central-1a"]}, "two or three"),
        ({"zones": ["eu-central-1a", "eu-central-1a"]}, "two or three"),
        ({"zones": ["eu-central-1a", "us-east-1b"]}, "of the region"),
        ({"nat_gateways": 3}, "nat_gateways"),
        ({"nat_gateways": 0}, "nat_gateways"),
        ({"tasks_least": 3, "tasks_most": 2}, "tasks_most"),
        ({"domain": "help.example.net"}, "zone_name"),
        ({"domain": "helpexample.org"}, "zone_name"),
        ({"alarm_email": "nobody"}, "alarm_email"),
        ({"feed_shards": 33}, "feed_shards"),
        ({"session_limit": 20_000}, "session_limit"),
        ({"log_days": 91}, "log_days"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_what_cannot_be_is_refused(change, message):
    with pytest.raises(ContextError, match=message):
        Stage.from_context("x", GIVEN | change)


@pytest.mark.parametrize("name", GIVEN)
def test_what_is_missing_is_named(name):
    with pytest.raises(ContextError):
        Stage.from_context("x", {key: value for key, value in GIVEN.items() if key != name})


def test_a_context_without_environments_says_where_to_look():
    with pytest.raises(ContextError, match=r"cdk\.json"):
        stages(None)


def test_every_field_but_the_name_can_be_given():
    everything = {item.name: getattr(Stage.from_context("x", GIVEN), item.name) for item in fields(Stage)}
    del everything["name"]
    assert Stage.from_context("x", everything) == Stage.from_context("x", GIVEN)
