"""What goes into the computation: measured figures, prices and assumptions, and the stack's own settings."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cdk.context import Stage, stages
from cdk.product import BUSY
from local.settings import ROOT

HERE = Path(__file__).resolve().parent
ASSUMED, MEASURED = HERE / "inputs.toml", HERE / "measured.json"
CONTEXT = ROOT / "cdk" / "cdk.json"
MS = 1000.0


class InputsError(ValueError):
    """The inputs do not fit together; the message says what is missing."""


@dataclass(frozen=True)
class Action:
    """What one action of a person consumes: ms of CPU, units by table or index, requests to DynamoDB."""

    key: str
    label: str
    cpu_ms: float
    requests: float
    read: Mapping[str, float]
    written: Mapping[str, float]


@dataclass(frozen=True)
class Role:
    """Who is online: their share of all, and their actions a minute."""

    name: str
    share: float
    does: Mapping[str, float]
    reason: str


@dataclass(frozen=True)
class Assumption:
    """A figure that nobody measured, with its unit and why it is taken."""

    value: float
    unit: str
    reason: str


@dataclass(frozen=True)
class Price:
    """US dollars for one unit."""

    dollars: float
    unit: str


@dataclass(frozen=True)
class Inputs:
    """Everything that the page is computed from."""

    actions: Mapping[str, Action]
    roles: tuple[Role, ...]
    assumed: Mapping[str, Assumption]
    prices: Mapping[str, Price]
    noted: date
    source: str
    limits: Mapping[str, float]
    stage: Stage
    busy: float
    measured: Mapping[str, Any]

    def take(self, name: str) -> float:
        """Return an assumption's value."""
        return self.assumed[name].value

    def price(self, name: str) -> float:
        """Return a price in dollars."""
        return self.prices[name].dollars


def production() -> Stage:
    """Return the stack's settings of production."""
    context = json.loads(CONTEXT.read_text(encoding="utf-8"))["context"]
    return next(one for one in stages(context["stages"]) if one.name == "production")


def load(assumed: Path = ASSUMED, measured: Path = MEASURED) -> Inputs:
    """Read the checked-in inputs; raises InputsError when a role has an action that was not measured."""
    given = tomllib.loads(assumed.read_text(encoding="utf-8"))
    figures = json.loads(measured.read_text(encoding="utf-8"))
    actions = _actions(figures)
    roles = tuple(
        Role(name, one["share"], one["does"], one["reason"]) for name, one in given["roles"].items()
    )
    if missing := sorted({key for role in roles for key in role.does} - actions.keys()):
        raise InputsError(f"not measured: {missing}")
    if abs(sum(role.share for role in roles) - 1) > 1e-9:
        raise InputsError("the shares of the roles must add up to 1")
    return Inputs(
        actions=actions,
        roles=roles,
        assumed={name: Assumption(**one) for name, one in given["assumptions"].items()},
        prices={name: Price(**one) for name, one in given["prices"]["of"].items()},
        noted=given["prices"]["noted"],
        source=given["prices"]["source"],
        limits=given["limits"],
        stage=production(),
        busy=BUSY / 100,
        measured=figures,
    )


def _actions(figures: Mapping[str, Any]) -> dict[str, Action]:
    """Combine units and CPU; an action outside the bench has the CPU time of the process that counted units."""
    timed = figures["cpu"]["operations"]
    actions = {}
    for key, one in figures["units"]["actions"].items():
        cpu = timed[key]["web_ms"] if key in timed else one["cpu_ms_here"]
        actions[key] = Action(key, one["label"], cpu, one["requests"], one["read"], one["written"])
    return actions
