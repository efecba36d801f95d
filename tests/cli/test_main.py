"""The command itself: help, version, errors of one line, exit codes."""

import errno
import io
import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from spbench.cli import COMMANDS, main
from spbench.cli.lazy_group import LazyGroup
from spbench.errors import InputError, RunError


def spbench(*arguments, **options):
    command = [sys.executable, "-m", "spbench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_help_names_every_command_and_imports_none():
    code = (
        "import sys; from spbench.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    )
    code += "print(sorted(m for m in sys.modules if m.startswith('spbench.cli.')), file=sys.stderr)"
    code += (
        "; print([m for m in ('numpy', 'pydantic', 'yaml') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in COMMANDS)
    assert done.stderr.splitlines() == ["['spbench.cli.lazy_group', 'spbench.cli.stopping']", "[]"]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_commands_is_true(name):
    command = main.get_command(click.Context(main), name)
    assert isinstance(command, click.Command) and command.name == name


def test_version():
    done = spbench("--version")
    assert done.returncode == 0 and done.stdout.startswith("spbench ")


def test_unknown_command():
    done = spbench("prun")
    assert done.returncode == 2 and "No such command" in done.stderr


def test_missing_folder_through_a_real_process(tmp_path):
    done = spbench("run-gemm", "sweep", "--resume", str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: no such run folder: {tmp_path / 'none'}\n"


def test_a_full_disk_under_stdout():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "spbench", "--help"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "Error: output: No space left on device\n")


def test_a_reader_that_has_seen_enough():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "spbench", "--help"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (InputError("no such thing"), 2, "Error: no such thing\n"),
        (RunError("the disk is full"), 1, "Error: the disk is full\n"),
        (click.UsageError("either"), 2, "either"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (PermissionError(errno.EACCES, "Denied", "a/b"), 2, "Error: a/b: Denied\n"),
        (OSError(errno.ENAMETOOLONG, "Too long", b"a\xff"), 2, "Error: a\\udcff: Too long\n"),
        (OSError(errno.ENOSPC, "Full", "a/b"), 1, "Error: a/b: Full\n"),
        (OSError(errno.EMFILE, "Too many open files"), 1, "Error: Too many open files\n"),
        (MemoryError(), 1, "Error: not enough memory\n"),
        (MemoryError("Unable to allocate 8 GiB"), 1, "not enough memory: Unable to allocate 8 GiB"),
        (InputError("a\nb\x1b[2J"), 2, "Error: a\\nb\\x1b[2J\n"),
        (InputError("x" * 9999), 2, "x ... x"),
    ],
)
def test_errors_become_a_line_and_a_code(error, code, text):
    result = CliRunner().invoke(_group_that_raises(error), ["go"])
    assert result.exit_code == code and text in result.stderr
    assert "Traceback" not in result.output
    assert len(result.stderr) < 1100


@pytest.mark.parametrize("defect", [ZeroDivisionError, EOFError, OSError, io.UnsupportedOperation])
def test_a_defect_keeps_its_traceback(defect):
    result = CliRunner().invoke(_group_that_raises(defect("oops")), ["go"])
    assert isinstance(result.exception, defect)


def _group_that_raises(error):
    @click.command()
    def go():
        raise error

    class Group(LazyGroup):
        def get_command(self, ctx, cmd_name):
            return go

    return Group(commands_table={"go": ("", "Go.")})
