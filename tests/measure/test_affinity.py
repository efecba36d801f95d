"""Who has which core."""

import os

from spbench.measure import affinity


def test_workers_have_the_last_cores(monkeypatch):
    monkeypatch.setattr(affinity, "core_of", str)
    assert affinity.worker_cpus(1, [0, 1, 2, 3]) == [3]
    assert affinity.worker_cpus(2, [0, 1, 2, 3]) == [2, 3]
    assert affinity.worker_cpus(8, [4, 5]) == [4, 5]


def test_cores_come_before_their_second_threads(monkeypatch):
    monkeypatch.setattr(affinity, "core_of", lambda cpu: f"{cpu - cpu % 2}")
    assert affinity.worker_cpus(2, [0, 1, 2, 3]) == [1, 3]
    assert affinity.worker_cpus(3, [0, 1, 2, 3]) == [1, 2, 3]


def test_pinned_for_a_while():
    before = os.sched_getaffinity(0)
    with affinity.pinned([min(before)]):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before
