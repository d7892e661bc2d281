"""Reading the Procfile, the one list of what runs."""

import re
import shlex
from pathlib import Path

_LINE = re.compile(r"^(?P<name>[A-Za-z0-9_-]+):\s*(?P<command>\S.*)$")


class ProcfileError(Exception):
    """A line of the Procfile cannot be understood; the message names it."""


def read_procfile(path: Path) -> dict[str, list[str]]:
    """Read a Procfile into name -> argument list, in its order; ProcfileError names a line that is wrong."""
    commands: dict[str, list[str]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None or match["name"] in commands:
            raise ProcfileError(
                f"{path.name} line {number} is not `name: command` with a name of its own: {line!r}"
            )
        commands[match["name"]] = shlex.split(match["command"])
    return commands
