"""Two folders change their names in one step, where the system can do that."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_AT_FDCWD = -100  # <fcntl.h>: relative paths start at the working directory
_RENAME_EXCHANGE = 2  # <linux/fs.h>
_NOT_KNOWN_HERE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}


def exchange(one: Path, other: Path) -> bool:
    """Each takes the other's name; at no moment is either name missing (renameat2(2), Linux).

    False, with nothing changed, where C library, kernel or file system lack the
    call. Raises :class:`OSError` where it is there and refused.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    ends = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other))
    if renameat2(*ends, _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_KNOWN_HERE:
        return False
    raise OSError(number, os.strerror(number), str(one), None, str(other))
