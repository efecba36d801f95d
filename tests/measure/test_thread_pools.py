"""Which threads worked: from the kernel's count of each, and from real threads."""

import threading
import time

import numpy as np
import pytest

from spbench.measure.thread_pools import busy_threads, core_times, thread_pools


def write(folder, **threads):
    for name, text in threads.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "schedstat").write_text(text)


def test_the_first_number_of_each_thread(tmp_path):
    write(tmp_path, t1="900 50 3\n", t2="800 0 1\n", t3="", t4="x y z\n")
    (tmp_path / "ended").mkdir()
    assert core_times(str(tmp_path)) == {"t1": 900, "t2": 800}
    assert core_times(str(tmp_path / "missing")) == {}


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ({"a": 10, "b": 10}, {"a": 110, "b": 100}, 2),
        ({"a": 10, "b": 10}, {"a": 110, "b": 15}, 1),  # woke up, and did nothing
        ({"a": 10}, {"a": 110, "new": 60}, 2),
        ({"a": 10, "ended": 90}, {"a": 110}, 1),
        ({"a": 10}, {"a": 10}, None),
        ({}, {}, None),
    ],
)
def test_who_worked(before, after, count):
    assert busy_threads(before, after) == count


@pytest.mark.parametrize("others", [0, 2])
def test_real_threads_are_counted(others):
    if not core_times():
        pytest.skip("this system does not count the time of threads")

    def work():
        end = time.thread_time() + 0.03
        while time.thread_time() < end:
            pass

    resting = threading.Event()
    threads = [threading.Thread(target=resting.wait)]
    threads += [threading.Thread(target=lambda: (work(), resting.wait())) for _ in range(others)]
    before = core_times()
    for thread in threads:
        thread.start()
    work()
    time.sleep(0.3)
    assert busy_threads(before, core_times()) == 1 + others
    resting.set()
    for thread in threads:
        thread.join()


def test_the_pool_of_numpys_blas_is_named():
    from threadpoolctl import threadpool_info, threadpool_limits

    np.ones((2, 2)) @ np.ones((2, 2))
    if not threadpool_info():
        pytest.skip("NumPy's BLAS is none that threadpoolctl knows")
    with threadpool_limits(1):
        assert all(part.endswith(" 1") for part in thread_pools().split(", "))
