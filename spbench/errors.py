"""The two kinds of failure a user sees, each one line long.

Everything that spbench raises on purpose derives from :class:`SpbenchError`;
the command line turns it into ``Error: <message>`` and its exit code. Other
exceptions are defects and keep their traceback.
"""

from __future__ import annotations


class SpbenchError(Exception):
    """A failure with a message made for the user: what is wrong, what to do."""

    exit_code = 1


class InputError(SpbenchError):
    """The input is at fault: a path, a file, an option, a YAML key. Exit code 2."""

    exit_code = 2


class RunError(SpbenchError):
    """The run failed or a result is wrong: a full disk, a lost worker. Exit code 1."""

    exit_code = 1
