"""The two kinds of failure a user sees, each one line long.

Everything that spbench raises on purpose derives from :class:`SpbenchError`;
the command line turns it into ``Error: <message>`` and its exit code. So it
does with what the system refuses (:func:`refusal`) and with a lack of memory.
Other exceptions are defects and keep their traceback.
"""

from __future__ import annotations

import errno
import os


class SpbenchError(Exception):
    """A failure with a message made for the user: what is wrong, what to do."""

    exit_code = 1


class InputError(SpbenchError):
    """The input is at fault: a path, a file, an option, a YAML key. Exit code 2."""

    exit_code = 2


class RunError(SpbenchError):
    """The run failed or a result is wrong: a full disk, a lost worker. Exit code 1."""

    exit_code = 1


_ABOUT_THE_PATH = {
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ENOTDIR,
    errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ELOOP, errno.EBUSY, errno.ENXIO,
}  # fmt: skip


def refusal_kind(error: OSError) -> type[SpbenchError]:
    """:class:`InputError` where the system refused a path, :class:`RunError` for all else."""
    return InputError if error.errno in _ABOUT_THE_PATH else RunError


def refusal(error: OSError, path: object = None, what: str = "") -> SpbenchError:
    """The system's refusal as a line: ``<path>: <what>: <its own words>``.

    Without a ``path``, the one that the error carries is named.
    """
    name = error.filename if path is None else path
    name = os.fsdecode(name) if isinstance(name, bytes) else name
    parts = ("" if name is None else str(name), what, error.strerror or str(error))
    return refusal_kind(error)(": ".join(filter(None, parts)))
