"""The containers of `make image-check`: whatever ends one, nothing of it stays behind."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.image.build import Image
from local.image.container import Container
from local.image.tools import NEEDED
from local.settings import ROOT
from tests.local.processes import children, is_running, wait_until, wait_until_gone

CONFIG = {
    "Env": ["PATH=/usr/bin"],
    "Cmd": ["sh", "-c", "sleep 600 & sleep 600"],
    "User": "10001:10001",
    "WorkingDir": "/",
}
STARTER = """
import sys, time
from pathlib import Path
from tests.local.test_container import started
container = started(Path(sys.argv[1]))
print(container.pid, flush=True)
time.sleep(600)
"""

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0
    or any(shutil.which(name) is None for name in NEEDED if name not in ("buildah", "mmdebstrap")),
    reason="only root mounts the files of a container",
)


def started(folder: Path) -> Container:
    """Start a container of two programs on files that have nothing else, and that its user may read."""
    os.umask(0o022)  # the product keeps its files to itself, also in a process that ran it before
    files = folder / "files"
    for name in ("usr/bin", "dev", "proc", "tmp", "data"):
        (files / name).mkdir(parents=True)
    for name in ("sh", "sleep", "env", "setpriv"):
        program = str(shutil.which(name))
        shutil.copy(program, files / "usr/bin")
        linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"(/\S+) \(0x", linked):
            (files / library[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, files / library[1:])
    (folder / "volume").mkdir()
    return Container(Image(CONFIG, files), {}, folder / "volume", folder / "output")


def test_a_killed_container_leaves_no_process(tmp_path):
    container = started(tmp_path)
    try:
        wait_until(lambda: len(children(container.pid)) == 2)
        pids = [container.pid, *children(container.pid)]
    finally:
        container.kill()
    wait_until_gone(*pids)


def test_a_killed_check_leaves_no_process(tmp_path):
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with starter:
        first = int(starter.stdout.readline())
        try:
            wait_until(lambda: len(children(first)) == 2)
            pids = [first, *children(first)]
        finally:
            starter.kill()
    try:
        wait_until_gone(*pids)
    finally:
        if is_running(first):
            os.kill(first, 9)
