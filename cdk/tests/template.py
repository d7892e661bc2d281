"""A CloudFormation template, read by the type of its resources."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Template:
    """What CloudFormation is given for one environment."""

    raw: dict[str, Any]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of all resources of a type ("ECS::Service"), by their logical ids."""
        properties_by_id = {
            name: resource.get("Properties", {})
            for name, resource in self.raw["Resources"].items()
            if resource["Type"] == f"AWS::{kind}"
        }
        assert properties_by_id, f"there is no {kind}"
        return properties_by_id

    def only(self, kind: str) -> dict[str, Any]:
        """Return the properties of the one resource of a type."""
        (properties,) = self.of(kind).values()
        return properties

    def whole(self, kind: str) -> list[dict[str, Any]]:
        """Return all resources of a type with everything beside their properties."""
        return [r for r in self.raw["Resources"].values() if r["Type"] == f"AWS::{kind}"]

    def statements(self, role: str) -> list[dict[str, Any]]:
        """Return what a role (by the start of its logical id) may do."""
        return [
            statement
            for name, policy in self.of("IAM::Policy").items()
            if name.startswith(role)
            for statement in policy["PolicyDocument"]["Statement"]
        ]


def listed(value: Any) -> list[Any]:
    """Return a policy's value as a list, whether it is one item or a list."""
    return value if isinstance(value, list) else [value]
