"""The lock on a data folder.

Two engines on one database file corrupt its indexes silently, so the folder is guarded by an flock. The
lock belongs to the open file, not to a process: the engine inherits the descriptor, and the folder stays
guarded for exactly as long as the engine lives, whatever happens to the process that started it.
"""

import fcntl
import os
from pathlib import Path

LOCK_NAME = "engine.lock"


class FolderInUseError(Exception):
    """The data folder belongs to a running engine."""


class FolderLock:
    """An exclusive hold on a data folder, from take() until every holder of the descriptor is gone."""

    def __init__(self, folder: Path) -> None:
        """Prepare a lock on folder; nothing is touched before take()."""
        self.folder = folder
        self._descriptor: int | None = None

    def take(self) -> int:
        """Lock the folder and return the descriptor to hand to the engine; FolderInUseError if it is held.

        Repeating it is harmless. Until name_holder() says better, this process is named as the holder.
        """
        if self._descriptor is not None:
            return self._descriptor
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise FolderInUseError(
                f"data folder {self.folder} is already in use by process {holder}: "
                "stop that one, or set DATA_DIR to another folder"
            ) from None
        self._descriptor = descriptor
        self.name_holder(os.getpid())
        return descriptor

    def name_holder(self, pid: int) -> None:
        """Write a process id into the lock file, for the message that a second start prints."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{pid}\n".encode("ascii"), 0)

    def wait_until_free(self) -> None:
        """Wait until nobody holds the folder: a killed engine is gone only once the kernel has cleared it away."""
        with (self.folder / LOCK_NAME).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)

    def let_go(self) -> None:
        """Close this process's descriptor; the folder is free once the engine's copy is closed too."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
