"""How a setting is defined: once, with its name, reader, default and meaning."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

SETTING = "setting"


class SettingsError(ValueError):
    """A setting is missing or cannot be right; the message names it."""


@dataclass(frozen=True)
class Given:
    """What the environment gives for one setting, with what was read before it."""

    name: str
    text: str | None  # the setting's default where the environment has nothing; None without a default
    env: Mapping[str, str]
    before: Mapping[str, Any]  # the fields above this one, by their Python names


@dataclass(frozen=True)
class Setting:
    """One setting as operators see it."""

    name: str  # in the environment, without the prefix of its group
    read: Callable[[Given], object]
    default: str | None  # as the environment would spell it
    shown: str  # the default as documented
    meaning: str
    secret: bool


def plain_text(given: Given) -> str:
    """Take the text as it is."""
    return given.text or ""


def setting(
    name: str,
    meaning: str,
    *,
    read: Callable[[Given], object] = plain_text,
    default: str | None = "",
    initial: Any = MISSING,
    shown: str | None = None,
    secret: bool = False,
) -> Any:
    """Define a field of a settings class.

    `meaning` and `shown`, else `default`, are its line in docs/operators.md. `initial` is the field's value where an
    object is made without it; by default what `read` makes of `default`.
    """
    documented = shown if shown is not None else f"`{default}`" if default else "empty"
    if initial is MISSING and default is not None:
        initial = read(Given(name, default, {}, {}))
    definition = Setting(name, read, default, documented, meaning, secret)
    return field(default=initial, repr=not secret, metadata={SETTING: definition})


def definitions(of: type) -> dict[str, Setting]:
    """Return the settings of a settings class by field, in their order."""
    return {one.name: one.metadata[SETTING] for one in fields(of) if SETTING in one.metadata}


def read_fields(of: type, env: Mapping[str, str], *, prefix: str = "", **known: Any) -> dict[str, Any]:
    """Read the settings of a class whose names begin with a prefix; raises SettingsError."""
    values = dict(known)
    for key, one in definitions(of).items():
        name = prefix + one.name
        values[key] = one.read(Given(name, env.get(name, one.default), env, values))
    return values
