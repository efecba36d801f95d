"""Killed, starved of disk, robbed of workers: no finished row is lost, and --resume completes.

Each is tried twice at random moments; ``SPBENCH_STRESS=20`` tries each 20 times.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from spbench.store.run_folder import RunFolder
from spbench.store.schema import Status

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="kills by /proc, fills a tmpfs"
    ),
]

TRIES = range(int(os.environ.get("SPBENCH_STRESS", "2")))
BACKENDS = ["fake_backends:Exact", "fake_backends:EvenOnly", "fake_backends:Printing"]
SHAPES = [f"{m}x8x4" for m in range(16, 23)]
SWEEP = ["--shapes", ",".join(SHAPES), "--backend", ",".join(BACKENDS)]
SWEEP += ["--protocol", "rounds=20,min_turn_us=1000,hot_us=0,warmup_ms=1,precision=0"]
# EvenOnly declines every second shape.
UNDISTURBED = {
    (shape, name): Status.UNSUPPORTED if name.endswith("EvenOnly") and index % 2 else Status.OK
    for index, shape in enumerate(SHAPES)
    for name in BACKENDS
}


def start(*arguments, tmp_path, **options):
    command = [sys.executable, "-m", "spbench", "run-gemm", "sweep", *map(str, arguments)]
    environment = os.environ | {"TMPDIR": str(tmp_path)}  # SIGKILL leaves a case's numbers there
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, **options
    )


def finish(process):
    _, errors = process.communicate(timeout=120)
    text = errors.decode()
    assert "Traceback" not in text, text
    return process.returncode, text


def resume(out, tmp_path):
    code, text = finish(start("--resume", out, tmp_path=tmp_path))
    assert code == 0, text


def wait_for_rows(out, process, number):
    deadline = time.monotonic() + 60
    while _lines(out) < number and time.monotonic() < deadline:
        assert process.poll() is None or _lines(out) >= number, process.stderr.read().decode()
        time.sleep(0.01)


def _lines(out):
    """The file may be gone between two looks: the sweep tries first whether it can write."""
    try:
        return (Path(out) / "rows.jsonl").read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def finished(out):
    """What is on the disk, whole lines only."""
    content = (Path(out) / "rows.jsonl").read_bytes()
    return content[: content.rfind(b"\n") + 1]


def assert_complete(out, before):
    assert finished(out).startswith(before)
    rows = RunFolder.open(out).latest()
    found = {(f"{row.m}x{row.k}x{row.n}", row.backend): row.status for row in rows}
    assert found == UNDISTURBED and len(rows) == len(UNDISTURBED)
    assert all(row.samples_ns for row in rows if row.status is Status.OK)


def children(pid):
    processes = Path("/proc").glob("[0-9]*")
    return [int(one.name) for one in processes if _state(one.name)[1] == pid and runs(one.name)]


def runs(pid):
    """Whether there is such a process; one that waits to be collected has ended."""
    return _state(pid)[0] not in ("", "Z")


def _state(pid):
    """The letter of its state, and its parent."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:  # it ended meanwhile
        return "", 0
    return state, int(parent)


@pytest.mark.parametrize("seed", TRIES)
def test_killed_in_the_middle(tmp_path, seed):
    moments = random.Random(f"killed {seed}")
    out = tmp_path / "run"
    process = start(*SWEEP, "--out", out, tmp_path=tmp_path)
    wait_for_rows(out, process, 1 + moments.randrange(len(UNDISTURBED) - 5))
    time.sleep(moments.uniform(0, 0.1))
    workers = children(process.pid)
    process.kill()
    finish(process)
    before = finished(out)
    resume(out, tmp_path)
    assert_complete(out, before)
    assert not any(runs(pid) for pid in workers)


@pytest.mark.parametrize("seed", TRIES)
def test_workers_killed(tmp_path, seed):
    moments = random.Random(f"workers {seed}")
    out = tmp_path / "run"
    process = start(*SWEEP, "--out", out, tmp_path=tmp_path)
    wait_for_rows(out, process, 1)
    while process.poll() is None:
        for pid in moments.sample(alive := children(process.pid), min(1, len(alive))):
            os.kill(pid, signal.SIGKILL)
        time.sleep(moments.uniform(0.05, 0.5))
    code, text = finish(process)
    assert code == 0, text
    rows = RunFolder.open(out).latest()
    assert len(rows) == len(UNDISTURBED)
    lost = [row for row in rows if row.status is Status.FAILED]
    assert all(row.reason.startswith("worker killed by SIGKILL") for row in lost)
    before = finished(out)
    resume(out, tmp_path)
    assert_complete(out, before)


@pytest.mark.parametrize("seed", TRIES)
def test_a_disk_that_fills(tmp_path, seed):
    size = 4096 * random.Random(f"disk {seed}").randint(4, 8)
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk, size) as (limit, make_room):
        out = disk / "run"
        code, text = finish(start(*SWEEP, "--out", out, tmp_path=tmp_path, preexec_fn=limit))
        assert code == 1 and text.splitlines()[-1].startswith("Error: "), text
        assert "rows before are safe" in text and f"--resume {out}" in text
        before = finished(out)
        make_room()
        resume(out, tmp_path)
        assert_complete(out, before)


@contextmanager
def small_disk(folder, size):
    """A tmpfs of ``size`` bytes, where mounting is allowed; else files can be no longer than that.

    Gives what limits the sweep, to be called in its process, and what makes room afterwards.
    """
    if not _mount("-t", "tmpfs", "-o", f"size={size}", "none", folder):
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)), lambda: None
        return
    try:
        yield None, lambda: _mount("-o", "remount,size=16m", folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments):
    try:
        done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0
