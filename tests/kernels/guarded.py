"""Arrays that end where memory ends: the next byte is on a page that may not be touched."""

from __future__ import annotations

import ctypes
import mmap

import numpy as np

_PROT_NONE = 0
_libc = ctypes.CDLL(None, use_errno=True)


def guarded_copy(array: np.ndarray) -> np.ndarray:
    """Copy of ``array`` whose last byte is the last one before an unreadable page.

    Another unreadable page lies before the pages that hold it.
    """
    page = mmap.PAGESIZE
    body = -(-max(array.nbytes, 1) // page) * page
    region = mmap.mmap(-1, body + 2 * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(region))
    for guard in (start, start + page + body):
        if _libc.mprotect(ctypes.c_void_p(guard), page, _PROT_NONE) != 0:
            raise OSError(ctypes.get_errno(), "mprotect")
    whole = np.frombuffer(region, np.uint8, body, page)
    copy = whole[body - array.nbytes :].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy
