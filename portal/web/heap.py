"""Settings of glibc's allocator: large blocks are returned to the system."""

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE = 256 * 1024


def keep_small() -> None:
    """Limit unused memory that a process holds; does nothing with another C library.

    glibc stops returning blocks as large as the largest one freed so far, such as a password hash's 19 MiB,
    and each thread keeps its own. docs/performance.md has the gain.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_TRIM_THRESHOLD, _LARGE)
