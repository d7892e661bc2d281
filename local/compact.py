"""`make compact`: rewrite the embedded engine's file, so that nothing deleted or overwritten is left.

SQLite keeps what was there in free pages until it needs them. The engine must be stopped meanwhile.
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from local.engine import DATABASE_NAME
from local.folder_lock import FolderInUseError, FolderLock
from local.settings import Settings, SettingsError
from portal.config.private_files import write_privately


def compact(folder: Path) -> tuple[int, int]:
    """Rewrite the file and return its size before and after; raises FolderInUseError, sqlite3.Error.

    A kill in between leaves the file as it was.
    """
    path = folder / DATABASE_NAME
    lock = FolderLock(folder)
    lock.take()
    try:
        before = path.stat().st_size
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return before, path.stat().st_size
    finally:
        lock.let_go()


def main() -> int:
    """Compact the data folder of the settings; returns the exit code."""
    write_privately()
    try:
        before, after = compact(Settings.from_env().data_dir)
    except FileNotFoundError:
        print("compact: there is no data yet", file=sys.stderr)
    except SettingsError as error:
        print(f"compact: {error}", file=sys.stderr)
        return 2
    except (FolderInUseError, sqlite3.Error) as error:
        print(f"compact: {error}", file=sys.stderr)
    else:
        print(f"compacted: {before / 1e6:,.1f} MB before, {after / 1e6:,.1f} MB after")
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
