"""Who reaches the embedded engine: its owner by a Unix socket, and nobody else."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from dynamodb_client.unix_socket import open_connection
from local.engine import Engine
from local.server import answers
from local.settings import ROOT
from portal.config.readers import ENGINE_SOCKET, embedded_endpoint
from tests.engines import embedded_only
from tests.local.processes import children, wait_until
from tests.patience import PATIENCE

pytestmark = [pytest.mark.engine, embedded_only]

NOBODY = 65534
FORBIDDEN = 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"'


def as_nobody(action: Callable[[], object]) -> str:
    """Do something in a process of another user, and return the name of the error it ended with."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = ""
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            action()
        except BaseException as error:
            said = type(error).__name__
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        return pipe.read()


def sockets_of(pids: list[int]) -> set[str]:
    """Return the inodes of the sockets that processes have open."""
    links = []
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                links.append(str(link.readlink()))
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def listening() -> dict[str, str]:
    """Return the address of every TCP socket that listens on this machine, by its inode."""
    lines = [line for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    rows = [line.split() for line in lines]
    return {row[9]: row[1] for row in rows if row[3] == "0A"}


def test_no_tcp_socket_of_this_machine_leads_to_it(tmp_path):
    with Engine(tmp_path) as engine:
        pids = [engine.process.pid, *children(engine.process.pid)]
        assert len(pids) == 2
        assert sockets_of(pids)
        assert not sockets_of(pids) & listening().keys()
        own = Path("/proc/self/ns/net").readlink()
        assert all(Path(f"/proc/{pid}/ns/net").readlink() != own for pid in pids)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_another_user_is_refused_by_the_folder_and_by_the_engine(tmp_path):
    with Engine(tmp_path / "data") as engine:
        place = str(tmp_path / "data" / ENGINE_SOCKET)
        for folder in (tmp_path, *tmp_path.parents):
            folder.chmod(folder.stat().st_mode | 0o011)
        assert as_nobody(lambda: open_connection(place, 5)) == "PermissionError"
        (tmp_path / "data").chmod(0o755)
        assert as_nobody(lambda: open_connection(place, 5)) == "PermissionError"
        Path(place).chmod(0o777)
        assert as_nobody(lambda: open_connection(place, 5)) == "ConnectionRefusedError"
        assert answers(engine.endpoint)


@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare takes the right to namespaces away")
def test_where_namespaces_are_forbidden_it_hides_on_loopback_and_warns(tmp_path):
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", FORBIDDEN, "sh"]
    output = tmp_path / "output"
    with output.open("wb") as written:
        process = subprocess.Popen(
            [*command, sys.executable, "-m", "local.engine"],
            cwd=ROOT,
            env={**os.environ, "DATA_DIR": str(tmp_path / "data")},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: answers(embedded_endpoint(tmp_path / "data")))
        assert output.read_text().startswith("WARNING: this system does not let the engine have a network")
        (server,) = children(process.pid)
        (address,) = [listening()[inode] for inode in sockets_of([server]) if inode in listening()]
        host, port = re.fullmatch(r"([0-9A-F]{8}):([0-9A-F]{4})", address).groups()
        assert host.endswith("7F")
        assert host != "0100007F", "an address that no page can guess"
        assert int(port, 16) >= 4096
    finally:
        process.terminate()
        process.wait(PATIENCE)
