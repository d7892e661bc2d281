"""Whatever the product writes is for the user it runs as: nobody else of the machine reads tickets, mail or logs."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from portal.config.settings import Settings

_CODE = Path(__file__).resolve().parents[2]
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_privately() -> None:
    """Let this process and its children create files that their user alone can read."""
    os.umask(_OTHERS)


def make_private(settings: Settings) -> list[str]:
    """Take the settings' folders, and what is in them, away from other users; return warnings of what stays open."""
    write_privately()
    folders = (settings.data_dir, settings.analytics_dir, settings.mail_dir, settings.rejects_dir)
    return [warning for folder in dict.fromkeys(folders) for warning in close_folder(folder)]


def close_folder(folder: Path) -> list[str]:
    """Take a folder and what is in it away from other users; return a warning if that cannot be done."""
    if not folder.is_dir():
        return []
    real = folder.resolve()
    if any(other.is_relative_to(real) for other in (_CODE, *_home())):
        warning = "holds more than data of this product, so that its permissions were left as they are"
    else:
        refused = [path for path in _open_paths(real) if not _close(path)]
        warning = "belongs to another user in part, and other users can read it" if refused else ""
    return [f"{folder} {warning}: give the product a folder of its own"] if warning else []


def _home() -> list[Path]:
    """Return the user's home folder, if they have one: in a container they often do not."""
    try:
        return [Path.home().resolve()]
    except RuntimeError:
        return []


def close_alone(folder: Path) -> None:
    """Take a folder away from other users and leave what is in it as it is, such as the files of an image."""
    if folder.is_dir() and _is_open(folder):
        _close(folder)


def _open_paths(folder: Path) -> Iterator[Path]:
    """Yield what others have rights to; links are not followed."""
    if _is_open(folder):
        yield folder
    for place, folders, files in os.walk(folder):
        yield from (path for name in (*folders, *files) if _is_open(path := Path(place, name)))


def _is_open(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:  # a file that came and went
        return False
    return not stat.S_ISLNK(mode) and bool(mode & _OTHERS)


def _close(path: Path) -> bool:
    try:
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True
