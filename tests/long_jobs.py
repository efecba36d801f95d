"""`spbench prune` as a process of its own, to be stopped when it has come so far."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def start_prune(model: Path, recipe: Path, out: Path, *options: object) -> subprocess.Popen:
    """Its output is in pipes, as text."""
    command = ["prune", model, "--recipe", recipe, "--out", out, *options]
    return subprocess.Popen(
        [sys.executable, "-m", "spbench", *map(str, command)],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(path: Path, process: subprocess.Popen) -> None:
    """Until ``path`` exists, for a minute at most and while the process lives."""
    end = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.001)
