"""What the kernel tells about waiting for a core, in a folder that stands for /proc/self/task."""

import os
import threading

import pytest

from spbench.kernels._native import probe
from spbench.measure.run_delay import longest_wait_ns, run_delays


def write(folder, **threads):
    for name, text in threads.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "schedstat").write_text(text)


def test_the_second_number_of_each_thread(tmp_path):
    write(tmp_path, t1="900 50 3\n", t2="800 0 1\n")
    assert run_delays(str(tmp_path)) == {"t1": 50, "t2": 0}


@pytest.mark.parametrize("text", ["0 0 0\n", "", "1 2\n", "a b c\n"])
def test_a_kernel_that_counts_nothing(tmp_path, text):
    write(tmp_path, t1=text)
    (tmp_path / "ended").mkdir()
    assert run_delays(str(tmp_path)) == run_delays(str(tmp_path / "missing")) == {}


@pytest.mark.parametrize(
    ("before", "after", "longest"),
    [
        ({"a": 10, "b": 10}, {"a": 15, "b": 90}, 80),
        ({"a": 10, "ended": 10}, {"a": 10, "new": 7}, 7),
        ({"a": 10}, {"a": 10}, 0),
        ({}, {"a": 10}, None),
        ({"a": 10}, {}, None),
    ],
)
def test_the_thread_that_waited_longest(before, after, longest):
    assert longest_wait_ns(before, after) == longest


@pytest.mark.skipif(not run_delays(), reason="this system does not tell")
def test_two_threads_on_one_core_wait_for_it():
    """Compiled loops of some 50 ms without the GIL, far longer than the scheduler's slice."""
    core = {min(os.sched_getaffinity(0))}
    done, leave = threading.Barrier(3), threading.Event()

    def compete():
        os.sched_setaffinity(0, core)
        probe.multiply_scalar(40_000_000)
        done.wait()
        leave.wait()  # what has ended tells nothing

    before = run_delays()
    threads = [threading.Thread(target=compete) for _ in range(2)]
    for thread in threads:
        thread.start()
    done.wait()
    waited_ns = longest_wait_ns(before, run_delays())
    leave.set()
    for thread in threads:
        thread.join()
    assert waited_ns > 10_000_000
