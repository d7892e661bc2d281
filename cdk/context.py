"""An environment, as cdk.json describes it: all in which development, staging and production differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

LOG_DAYS = (30, 90, 365)  # CloudWatch takes only certain numbers


class ContextError(ValueError):
    """The context lacks something or says what cannot be; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One environment.

    `domain` is the address people type, in the hosted zone `zone_name`. `zones` are two or three availability
    zones of `region`; `nat_gateways` at most as many. `cpu` is in units of 1/1024 of a core, `memory` in MiB.
    `requests_per_task` is what one task is asked for in a minute before there is another. `keep_data` decides
    whether tables and buckets outlive the stack. `settings` are further settings of the product by their
    names; `secrets` are settings whose values lie in secrets made by hand: name of setting -> name of secret.
    """

    name: str
    region: str
    zones: tuple[str, ...]
    domain: str
    zone_name: str
    zone_id: str
    alarm_email: str
    nat_gateways: int = 1
    cpu: int = 1024
    memory: int = 2048
    web_workers: int = 2
    tasks_least: int = 1
    tasks_most: int = 2
    requests_per_task: int = 3000
    feed_shards: int = 1
    keep_data: bool = True
    log_days: int = 90
    address_limit: int = 20_000
    session_limit: int = 2_000
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """Return what stands before the name of everything of this environment."""
        return f"ledgerdesk-{self.name}"

    @classmethod
    def from_context(cls, name: str, given: Mapping[str, Any]) -> "Stage":
        """Read one environment; raises ContextError."""
        known = {item.name for item in fields(cls)} - {"name"}
        if unknown := sorted(given.keys() - known):
            raise ContextError(f"{name}: cdk.json has {unknown}, which mean nothing.")
        try:
            stage = cls(name=name, **{**given, "zones": tuple(given.get("zones", ()))})
        except TypeError as error:
            raise ContextError(f"{name}: cdk.json lacks a value: {error}.") from error
        stage._check()
        return stage

    def _check(self) -> None:
        """Refuse what CloudFormation would refuse only after minutes, or never."""
        rules = {
            "zones must be two or three of the region": 2 <= len(set(self.zones)) <= 3
            and all(zone.startswith(self.region) for zone in self.zones),
            "nat_gateways must be from 1 to the number of zones": 1 <= self.nat_gateways <= len(self.zones),
            "tasks_most must not be below tasks_least": 1 <= self.tasks_least <= self.tasks_most,
            "domain must lie in zone_name": f".{self.domain}".endswith(f".{self.zone_name}"),
            "alarm_email must be an address": "@" in self.alarm_email,
            "feed_shards must be from 1 to 32": 1 <= self.feed_shards <= 32,
            f"log_days must be one of {LOG_DAYS}": self.log_days in LOG_DAYS,
            "session_limit must be below address_limit": self.session_limit < self.address_limit,
        }
        for rule, holds in rules.items():
            if not holds:
                raise ContextError(f"{self.name}: {rule}.")


def stages(given: Mapping[str, Mapping[str, Any]] | None) -> tuple[Stage, ...]:
    """Read all environments of the context, in their order; raises ContextError."""
    if not given:
        raise ContextError("The context has no stages: run this in the folder of cdk.json.")
    return tuple(Stage.from_context(name, values) for name, values in given.items())
