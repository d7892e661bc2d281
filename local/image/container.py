"""A container without a daemon: the image's files mounted read-only, its user, a process tree of its own.

The network is this machine's. A container cannot make namespaces of its own, so that its engine listens on loopback.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from local.image.build import Image
from local.image.tools import CheckFailed

START_SECONDS, STOP_SECONDS = 10.0, 40.0
# Mounts as a container's runtime makes them; only the two volumes and the devices' shared memory take writes.
MOUNTS = """
set -eu
root=$1 data=$2 user=$3; shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
for device in null zero random urandom; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"
mount --bind "$data" "$root/data"
# A change of the user makes the kernel forget that the process ends with its parent: it is told again after that.
exec chroot "$root" setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --no-new-privs \
  --pdeathsig KILL "$@"
"""


class Container:
    """One running container; `command` empty is the image's own."""

    def __init__(
        self,
        image: Image,
        environment: Mapping[str, str],
        data: Path,
        output: Path,
        command: Sequence[str] = (),
    ) -> None:
        """Start it; what it writes goes to the file `output`, and `data` is its volume."""
        self._image, self.output = image, output
        self._environment = {**image.environment, **environment}
        self._written: IO[bytes] = output.open("ab")
        isolated = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            "unshare",
            "--mount",
            "--pid",
            "--ipc",
            "--uts",
            "--fork",
        ]
        inside = self._in_its_environment(command or image.config["Cmd"])
        self._process = subprocess.Popen(
            [
                *isolated, "--kill-child", "--", "sh", "-c", MOUNTS, "sh",
                str(image.files), str(data), image.config["User"], *inside,
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def _in_its_environment(self, command: Sequence[str]) -> list[str]:
        given = [f"{name}={value}" for name, value in self._environment.items()]
        return ["/usr/bin/env", "-i", "-C", self._image.config["WorkingDir"], *given, *command]

    @property
    def pid(self) -> int:
        """Return its first process, as this machine numbers it."""
        deadline = time.monotonic() + START_SECONDS
        own = self._process.pid
        while time.monotonic() < deadline and self._process.poll() is None:
            children = Path(f"/proc/{own}/task/{own}/children").read_text(encoding="ascii").split()
            if children:
                return int(children[0])
            time.sleep(0.01)
        raise CheckFailed(f"a container did not start:\n{self.said()}")

    def execute(self, command: Sequence[str], *, user: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program inside, as the image's user unless told, and return how it went."""
        uid, gid = (user or self._image.config["User"]).split(":")
        within = ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--ipc", "--root"]
        whole = [*within, "--setuid", uid, "--setgid", gid, "--", *self._in_its_environment(command)]
        return subprocess.run(whole, capture_output=True, text=True, timeout=30, check=False)

    def is_running(self) -> bool:
        """Tell whether it has not ended."""
        return self._process.poll() is None

    def terminate(self) -> None:
        """Send TERM to its first process, as `docker stop` and ECS do."""
        os.kill(self.pid, signal.SIGTERM)

    def wait(self) -> int:
        """Wait until it ends and return its exit code; CheckFailed when it does not."""
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise CheckFailed(
                f"a container did not end within {STOP_SECONDS:.0f} s:\n{self.said()}"
            ) from None

    def kill(self) -> None:
        """End it outright, with every process in it; harmless when it has ended."""
        if self.is_running():
            try:
                os.kill(self.pid, signal.SIGKILL)  # its parent ends once nothing of it is left
            except (CheckFailed, OSError):
                self._process.kill()
        self._process.wait()
        self._written.close()

    def said(self) -> str:
        """Return the end of what it wrote."""
        return self.output.read_text(encoding="utf-8", errors="replace")[-3000:]
