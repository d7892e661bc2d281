"""`python -m local.backup FOLDER`: a copy of the embedded engine's data, taken while the product runs.

SQLite copies a state between two writes. What else the data folder holds is made anew or is not needed: the
columnar copy from the ledger; settings and secrets are not data.
"""

import argparse
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from local.engine import DATABASE_NAME
from local.settings import Settings, SettingsError
from portal.config.private_files import write_privately


def backup(data_dir: Path, target: Path) -> Path:
    """Copy the data into a new or empty folder, which can then be a data folder; return the file.

    Raises FileNotFoundError, FileExistsError, sqlite3.Error.
    """
    source = data_dir / DATABASE_NAME
    if not source.is_file():
        raise FileNotFoundError(f"there is no data in {data_dir}")
    copy = target / DATABASE_NAME
    if copy.exists():
        raise FileExistsError(f"{copy} is there already")
    target.mkdir(parents=True, exist_ok=True)
    partial = copy.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as original,
        closing(sqlite3.connect(partial)) as copied,
    ):
        original.backup(copied)
        (verdict,) = copied.execute("PRAGMA quick_check").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged: {verdict}")
    partial.rename(copy)
    return copy


def main() -> int:
    """Copy the data of the settings' folder; returns the exit code."""
    write_privately()
    parser = argparse.ArgumentParser(prog="python -m local.backup", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the copy goes: a new or empty folder")
    options = parser.parse_args()
    try:
        copy = backup(Settings.from_env().data_dir, options.folder)
    except SettingsError as error:
        print(f"backup: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        said = str(error) if error.filename is None else f"{error.filename}: {error.strerror}"
        print(f"backup: {said}", file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(f"backup: {error}", file=sys.stderr)
        return 1
    print(f"{copy}: {copy.stat().st_size / 1e6:,.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
