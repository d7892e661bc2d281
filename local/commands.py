"""The product's commands on a data folder, as the Procfile names them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.procfile import read_procfile
from local.settings import ROOT

# All other settings of the product are the defaults.
INHERITED = ("HOME", "LANG", "TMPDIR", "DYNAMODB_CLIENT")


class CommandFailed(Exception):
    """A command of the product failed; the message has its last lines."""


def environment(folder: Path, port: int, *, shards: int = 1) -> dict[str, str]:
    """Make the environment of the product's processes on a data folder; it names no demo password."""
    tools = str(Path(sys.executable).parent)
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | {
        "PATH": os.pathsep.join([tools, os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "FEED_SHARDS": str(shards),
        "TICKETS_PER_HOUR": "1000000",  # counted as in production, but few people open many tickets here
    }


def command_line(name: str, given: Mapping[str, str]) -> list[str]:
    """Return a line of the Procfile with the path of its program; raises CommandFailed."""
    program, *arguments = read_procfile(ROOT / "Procfile")[name]
    path = shutil.which(program, path=given["PATH"])
    if path is None:
        raise CommandFailed(f"{program} is not installed: run make setup")
    return [path, *arguments]


def run_command(*arguments: str, given: Mapping[str, str]) -> str:
    """Run a command of the product, by default `setup`, and return its output; raises CommandFailed."""
    *program, setup = command_line("release", given)
    arguments = arguments or (setup,)
    done = subprocess.run(
        [*program, *arguments], cwd=ROOT, env=dict(given), capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise CommandFailed(f"{' '.join(arguments)} failed (exit {done.returncode}):\n{said}")
    return done.stdout
