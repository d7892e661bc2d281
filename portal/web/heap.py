"""Settings of glibc's allocator: few heaps, and large blocks returned to the system."""

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGE = 256 * 1024


def keep_small() -> None:
    """Limit unused memory that a process holds; does nothing with another C library.

    glibc gives every thread its own heap, which for sixteen threads is far more than is in use; and it stops
    returning blocks as large as the largest one freed so far, such as the 19 MiB of a password hash.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 1)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_TRIM_THRESHOLD, _LARGE)
