"""Runs the embedded engine where nobody but its owner reaches it: `python -I -S isolated_engine.py ...`.

The engine listens on TCP alone, checks no signature and answers the scripts of any web page. So it gets a
network namespace of its own, whose loopback no other process and no browser can see. This process waits in
there for clients on a Unix socket in the data folder, which belongs to the owner alone, connects each to
the engine and hands the connection over: requests then pass nothing but the kernel.

Where the system forbids namespaces, the engine listens on a random address and port of loopback, one of
2^39 that a web page would have to guess, and a warning says what that leaves open.

It imports nothing of the product, so that it starts at once.
"""

import ctypes
import fcntl
import os
import selectors
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
PORT = 8000  # of a namespace that nobody else listens in
CONNECT_SECONDS = 1.0
END_SECONDS = 2  # the engine waits for requests that have not arrived completely: one may never do so
BACKLOG = 1024
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG = 1
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_PEER = struct.Struct("3i")  # process, user and group
WARNING = """\
WARNING: this system does not let the engine have a network of its own, so that it listens on loopback.
WARNING: Every user of this machine who finds its address can read and change all data.
WARNING: docs/operators.md, "Who reaches the engine", says how to allow it."""

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> int:
    """Run the engine until it ends or is asked to; return its exit code, 128 and the signal if it had one."""
    binary, database, path, lock = arguments
    os.umask(0o077)
    owner = os.geteuid()
    if _in_own_network():
        address = (LOOPBACK, PORT)
    else:
        print(WARNING, flush=True)
        address = _random_address()
    listener = _listen(path)
    command = [binary, "serve", "--host", address[0], "--port", str(address[1]), "--db-path", database]
    os.set_inheritable(int(lock), True)
    engine = _start(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: _ask_to_end(engine, received))
    signal.signal(signal.SIGALRM, lambda *_: _tell(engine, signal.SIGKILL))
    code = _connect_clients(listener, address, owner, engine)
    Path(path).unlink(missing_ok=True)
    return code


def _in_own_network() -> bool:
    """Move into a network namespace of our own; False where the system forbids that."""
    ways = [_CLONE_NEWUSER | _CLONE_NEWNET]
    if os.geteuid() == 0:
        ways.insert(0, _CLONE_NEWNET)  # root keeps its rights to files that others own
    for flags in ways:
        # There is no way back, and the second step can be what is forbidden: a child tries first.
        trial = os.fork()
        if trial == 0:
            os._exit(not _entered(flags))
        if os.waitpid(trial, 0)[1] == 0:
            return _entered(flags)
    return False


def _entered(flags: int) -> bool:
    user, group = os.geteuid(), os.getegid()
    try:
        if _libc.unshare(flags):
            return False
        if flags & _CLONE_NEWUSER:
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
        with socket.socket() as any_socket:
            request = struct.pack("16sh14x", b"lo", 0)
            (up,) = struct.unpack_from("h", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request), 16)
            fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", up | _IFF_UP))
    except OSError:
        return False
    return True


def _random_address() -> tuple[str, int]:
    second, third, fourth = os.urandom(3)
    host = f"127.{second}.{third}.{fourth or 1}"
    with socket.socket() as probe:
        while True:
            with suppress(OSError):
                probe.bind((host, int.from_bytes(os.urandom(2)) | 4096))
                return host, probe.getsockname()[1]


def _listen(path: str) -> socket.socket:
    """Listen on a Unix socket; a path too long for one is reached by way of its open folder."""
    folder, name = os.path.split(path)
    Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    opened = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{opened}/{name}")
    finally:
        os.close(opened)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _start(command: list[str]) -> int:
    """Start the engine as a child that ends with this process, and return its id."""
    starter = os.getpid()
    engine = os.fork()
    if engine == 0:
        try:
            # Nobody would be left to insist, so it is not asked. What it has acknowledged is on the disk.
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != starter:
                os._exit(127)  # killed before the kernel knew
            os.execv(command[0], command)  # noqa: S606 - nothing is interpreted by a shell
        finally:
            os._exit(127)
    return engine


def _ask_to_end(engine: int, number: int) -> None:
    _tell(engine, number)
    signal.alarm(END_SECONDS)


def _tell(engine: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(engine, number)


def _connect_clients(listener: socket.socket, address: tuple[str, int], owner: int, engine: int) -> int:
    """Connect clients to the engine until it ends."""
    poller = selectors.DefaultSelector()
    poller.register(listener, selectors.EVENT_READ)
    poller.register(os.pidfd_open(engine), selectors.EVENT_READ)
    while True:
        for key, _ in poller.select():
            if key.fileobj is not listener:
                code = os.waitstatus_to_exitcode(os.waitpid(engine, 0)[1])
                return code if code >= 0 else 128 - code
            # Whatever fails here, such as an engine that does not listen yet, the client sees as a closed socket.
            with suppress(OSError):
                _connect_client(listener, address, owner)


def _connect_client(listener: socket.socket, address: tuple[str, int], owner: int) -> None:
    client, _ = listener.accept()
    with client:
        _, user, _ = _PEER.unpack(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
        if user != owner:
            return
        with socket.create_connection(address, CONNECT_SECONDS) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            socket.send_fds(client, [b"\0"], [connection.fileno()])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
