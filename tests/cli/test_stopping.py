"""SIGTERM and SIGHUP end every command as Ctrl-C does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from spbench.cli import main
from spbench.cli.stopping import stoppable

# The pruning of a real process, halted where the new folder is half written.
_HALF_WAY = """
import signal, sys, time
from spbench.pruning import prune

real = prune.Pruning.pruned_bits

def half(self):
    yield next(real(self))
    print("half", flush=True)
    time.sleep(60)

prune.Pruning.pruned_bits = half
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the parent ignores it
from spbench.cli import main
main(["prune", sys.argv[1], "--out", sys.argv[2]])
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_stopped_prune_leaves_nothing(make_model, tmp_path, number):
    command = [sys.executable, "-c", _HALF_WAY, str(make_model()), str(tmp_path / "new" / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"half\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.decode().split() == ["Interrupted."]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_second_signal_does_not_disturb_the_cleaning_up():
    cleaned = []
    with pytest.raises(KeyboardInterrupt), stoppable():
        try:
            os.kill(os.getpid(), signal.SIGHUP)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGHUP)
            cleaned.append(True)
    assert cleaned
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with stoppable():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_every_command_is_stoppable(monkeypatch):
    @click.command("machine")
    def go():
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("not stopped")

    monkeypatch.setattr(main, "get_command", lambda *_: go)
    done = CliRunner().invoke(main, ["machine"])
    assert (done.exit_code, done.stderr.split()) == (130, ["Interrupted."])
