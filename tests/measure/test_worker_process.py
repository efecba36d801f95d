"""Real worker processes: what they are given, and what becomes of the bad ones."""

import os
import signal
import subprocess
import sys
import time

import pytest

from spbench.measure.affinity import usable_cpus
from spbench.measure.contestant import IDLE_SHARE_LIMIT
from spbench.measure.player import PlayerFailed
from spbench.measure.worker_process import WorkerProcess

BENCH = "fake_bench:FakeBench"
CPUS = usable_cpus()[-1:]


@pytest.fixture
def worker():
    process = WorkerProcess(BENCH, "fake", threads=3, cpus=CPUS)
    yield process
    process.close()


def ask(worker, method, *args, timeout_s=20):
    return worker.ask(method, *args, timeout_s=timeout_s).value


def test_pinned_with_pools_that_spin_briefly(worker):
    cpus, environment, _ = ask(worker, "surroundings")
    assert cpus == CPUS
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        assert environment[name] == "3"
    assert environment["KMP_BLOCKTIME"] == "0"
    assert 0 < int(environment["GOMP_SPINCOUNT"]) <= 20000


def test_what_a_library_prints_is_no_message(worker):
    ask(worker, "print")
    assert ask(worker, "echo", {"still": "here"}) == {"still": "here"}


def test_an_exception_is_one_line_and_the_worker_stays(worker):
    pid = ask(worker, "surroundings")[2]
    with pytest.raises(PlayerFailed, match=r"^ValueError: first line$"):
        ask(worker, "fail")
    assert ask(worker, "surroundings")[2] == pid


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL"])
def test_a_signal_is_named_and_the_next_case_has_a_new_worker(worker, name):
    with pytest.raises(PlayerFailed, match=rf"worker killed by {name} \(.*\)"):
        ask(worker, "die", name)
    assert ask(worker, "echo", 1) == 1


def test_an_exit_is_told(worker):
    with pytest.raises(PlayerFailed, match="exit code 7"):
        ask(worker, "exit", 7)


def test_a_hanging_worker_is_ended(worker):
    pid = ask(worker, "surroundings")[2]
    with pytest.raises(TimeoutError):
        ask(worker, "sleep", 60, timeout_s=0.2)
    assert not _exists(pid)
    assert ask(worker, "echo", 2) == 2


def test_a_bench_that_cannot_be_made():
    for name, bench, reason in (
        ("unloadable", BENCH, "OSError: libfake"),
        ("fake", "no_such:Bench", "ModuleNotFoundError"),
    ):
        worker = WorkerProcess(bench, name, threads=1, cpus=CPUS)
        with pytest.raises(PlayerFailed, match=reason):
            ask(worker, "echo", 1)
        worker.close()


def test_an_idle_worker_burns_nothing_and_a_spinning_one_is_seen(worker):
    ask(worker, "echo", 1)
    time.sleep(0.1)
    calm = worker.ask("spin", timeout_s=20)
    time.sleep(0.1)
    restless = worker.ask("echo", 1, timeout_s=20)
    assert calm.idle_wall_ns >= 0.1e9 and calm.idle_cpu_ns < 1e6
    assert restless.idle_cpu_ns > IDLE_SHARE_LIMIT * restless.idle_wall_ns


PARENT = """
import sys, time
from spbench.measure.worker_process import WorkerProcess
worker = WorkerProcess("fake_bench:FakeBench", "fake", 1, [int(sys.argv[1])])
print(worker.ask("surroundings", timeout_s=20).value[2], flush=True)
{then}
"""


@pytest.mark.parametrize("then", ["time.sleep(60)", "worker.ask('sleep', 60, timeout_s=60)"])
def test_no_worker_outlives_a_killed_sweep(then):
    command = [sys.executable, "-c", PARENT.format(then=then), str(CPUS[0])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        assert _exists(pid)
        time.sleep(0.1)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 5
    while _exists(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _exists(pid)


def _exists(pid):
    """Whether the process runs; one that waits to be collected does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_closing_twice_or_unstarted_is_fine():
    worker = WorkerProcess(BENCH, "fake", threads=1, cpus=CPUS)
    worker.close()
    worker.start()
    worker.close()
    worker.close()
    assert os.getpid()


def test_waiting_for_a_worker_leaves_what_went_wrong_to_the_question(worker):
    worker.start()
    worker.wait_until_ready(20)
    assert ask(worker, "echo", 1) == 1
    broken = WorkerProcess("fake_bench:NoSuchBench", "fake", threads=1, cpus=CPUS)
    broken.start()
    broken.wait_until_ready(20)
    with pytest.raises(PlayerFailed, match="NoSuchBench"):
        ask(broken, "echo", 1)
    broken.close()
