"""The programs this check runs, and where it keeps its files."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from local.settings import ROOT

VAR = ROOT / "var" / "image"
NEEDED = ("buildah", "mmdebstrap", "unshare", "nsenter", "setpriv", "chroot")


class CheckFailed(Exception):
    """The image, or this machine, is not as it has to be; the message says what is wrong."""


def require_machine() -> None:
    """Raise CheckFailed, in one line, on a machine that cannot build images."""
    if os.geteuid() != 0:
        raise CheckFailed("building and mounting an image needs root: run it as root, or in a container")
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        raise CheckFailed(
            f"{', '.join(missing)} is missing: install Debian's buildah, mmdebstrap and util-linux"
        )


def run(command: Sequence[str | Path], *, quiet: bool = True) -> str:
    """Run a program in the project's folder and return its output; raises CheckFailed with the last lines."""
    done = subprocess.run(
        [*map(str, command)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(_folder("tmp"))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.PIPE if quiet else None,
        text=True,
        check=False,
    )
    if done.returncode:
        said = "\n".join(f"    {line}" for line in f"{done.stdout}\n{done.stderr}".strip().splitlines()[-25:])
        raise CheckFailed(f"{Path(command[0]).name} ended with {done.returncode}:\n{said}")
    return (done.stdout or "").strip()


def buildah(*arguments: str | Path) -> str:
    """Run buildah on a store of our own."""
    return run(["buildah", *_store(driver()), *arguments])


@cache
def driver() -> str:
    """Choose buildah's storage driver: overlay where this machine supports it, else vfs, which always works."""
    try:
        run(["buildah", *_store("overlay"), "info"])
    except CheckFailed:
        return "vfs"
    return "overlay"


def _store(storage: str) -> list[str | Path]:
    return [
        "--root",
        _folder(f"store-{storage}"),
        "--runroot",
        _folder(f"run-{storage}"),
        "--storage-driver",
        storage,
    ]


def lint() -> None:
    """Lint the Dockerfile with hadolint, installed by hash on first use."""
    tools = VAR / "tools"
    if not (tools / "bin" / "hadolint").exists():
        pinned = ROOT / "local" / "hadolint.txt"
        pip: list[str | Path] = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes"]
        run([*pip, "--target", tools, "-r", pinned])
    run([tools / "bin" / "hadolint", ROOT / "Dockerfile"])


def _folder(name: str) -> Path:
    folder = VAR / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
