"""How glibc keeps memory: few heaps, and large blocks given back."""

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGE = 256 * 1024


def keep_small() -> None:
    """Limit what a process holds without using it; does nothing where the C library is another.

    glibc gives every thread a heap of its own, which for sixteen threads is far more than is in use; and
    it stops giving back blocks as large as the largest one freed so far, such as a password hash's 19 MiB.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 1)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_TRIM_THRESHOLD, _LARGE)
