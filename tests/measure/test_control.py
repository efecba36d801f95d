"""The control: the same work in every call, on as many threads as the case has."""

from types import SimpleNamespace

import pytest

from spbench.measure.affinity import usable_cpus
from spbench.measure.control import ControlBench
from spbench.measure.worker_process import WorkerProcess


@pytest.mark.parametrize("threads", [1, 2])
def test_operations_of_a_call(threads):
    bench = ControlBench("control")
    prepared = bench.prepare(SimpleNamespace(threads=threads))
    assert prepared.status == "ok" and prepared.call_ns > 0
    assert prepared.facts.ops == threads * {
        "vpdpbusd_zmm": 12_288 * 2048,
        "multiply_scalar": 45_000 * 8,
    }.get(prepared.facts.name)
    one, eight = (min(bench.run(count).wall_ns for _ in range(100)) for count in (1, 8))
    assert 2 < eight / one < 32  # wide: with several threads a single call is mostly wake-up
    assert bench.run(3).count == 3
    assert bench.check() == ""


def test_a_cpu_without_vnni_multiplies_integers(monkeypatch):
    from spbench.kernels._native import spmm

    monkeypatch.setattr(spmm, "cpu_features", list)
    facts = ControlBench("control").prepare(SimpleNamespace(threads=1)).facts
    assert (facts.name, facts.ops) == ("multiply_scalar", 360_000)


def test_in_a_worker():
    worker = WorkerProcess("spbench.measure.control:ControlBench", "control", 1, usable_cpus()[-1:])
    try:
        worker.ask("prepare", SimpleNamespace(threads=1), timeout_s=20)
        timing = worker.ask("turn", 0, 4, 200_000, timeout_s=20).value
        assert timing.count == 4 and timing.wall_ns >= timing.cpu_ns * 0.9
    finally:
        worker.close()
