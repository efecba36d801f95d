"""A Click group whose commands are imported when called, and whose errors are one line long."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from spbench.cli.stopping import stoppable
from spbench.errors import RunError, SpbenchError, refusal

INTERRUPTED = 130
"""Exit code after Ctrl-C, and after SIGTERM and SIGHUP: stopped from outside, nothing half-written.

One code for all three: whoever calls spbench treats them alike, and go on with --resume.
"""
_LONGEST = 1000  # characters of an error; what a user typed may be far longer
_STDOUT_GONE = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO}


class LazyGroup(click.Group):
    """``commands_table`` maps a name to ``module:attribute`` and a line of help."""

    def __init__(self, *args: Any, commands_table: Mapping[str, tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._table = commands_table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._table:
            return None
        module, _, attribute = self._table[cmd_name][0].partition(":")
        return getattr(importlib.import_module(module), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table's lines, so that help needs no import."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._table.items()])

    def main(self, *args: Any, standalone_mode: bool = True, **kwargs: Any) -> Any:
        """Run, and leave with an exit code; errors made for the user become one line.

        So do a path that the system refuses (exit code 2), anything else that it
        refuses and a lack of memory (1). A defect keeps its traceback.
        """
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **kwargs)
        _let_stdout_show_any_name()
        with stoppable():
            code = self._exit_code(*args, **kwargs)
        sys.exit(code)

    def _exit_code(self, *args: Any, **kwargs: Any) -> int:
        try:
            code = super().main(*args, standalone_mode=False, **kwargs)
            if sys.stdout is not None:
                sys.stdout.flush()
            return code if isinstance(code, int) else 0
        except SpbenchError as error:
            return _fail(error)
        except click.exceptions.NoArgsIsHelpError as error:
            return _tell(error.format_message(), error.exit_code)
        except click.ClickException as error:
            return _tell(f"Error: {_in_one_line(_usage(error))}", error.exit_code)
        except click.Abort as error:
            if isinstance(error.__cause__, EOFError):  # Click takes it for Ctrl-D
                raise error.__cause__ from None
            return _tell("Interrupted.", INTERRUPTED)
        except MemoryError as error:
            return _fail(RunError(f"not enough memory: {error}".removesuffix(": ")))
        except OSError as error:
            return _answer(error)


def _let_stdout_show_any_name() -> None:
    """The name of a file need not be text; show such bytes as \\x.. instead of giving up."""
    if getattr(sys.stdout, "errors", None) == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _fail(error: SpbenchError) -> int:
    return _tell(f"Error: {_in_one_line(str(error))}", error.exit_code)


def _tell(text: str, code: int) -> int:
    try:
        click.echo(text, err=True)
    except OSError:  # no one reads; the code still says it
        pass
    return code


def _usage(error: click.ClickException) -> str:
    """Click's own errors, which may come with a usage and with suggestions on lines of their own."""
    text = " ".join(error.format_message().split())
    if isinstance(error, click.UsageError) and error.ctx is not None:
        text += f" (see `{error.ctx.command_path} --help`)"
    return text


def _in_one_line(text: str) -> str:
    """Line ends and other control characters escaped, the middle of a very long text left out."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _answer(error: OSError) -> int:
    """A reader that has seen enough and what the system refuses are no defects."""
    if error.errno is None:  # not from the system
        raise error
    if error.filename is None and error.errno in _STDOUT_GONE:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter's last flush must not fail
        return 1 if error.errno == errno.EPIPE else _fail(refusal(error, "output"))
    return _fail(refusal(error))
