"""One case through real workers: a row for each backend, whatever it does."""

import os

import numpy as np
import pytest

from spbench.errors import RunError
from spbench.formats import BlockShape, GemmProblem
from spbench.measure.contestant import Measurement
from spbench.measure.control import ControlFacts
from spbench.measure.settings import Protocol
from spbench.store.schema import Row, Status
from spbench.sweeps import case_runner
from spbench.sweeps.case import Case
from spbench.sweeps.case_runner import CaseRunner
from spbench.sweeps.row import RowMaker

SETTINGS = Protocol(rounds=8, warmup_ms=1, hot_us=0, case_timeout_s=10)


def make_case(m: int = 16, n: int = 4, threads: int = 1) -> Case:
    problem = GemmProblem(m=m, k=12, n=n, pattern=BlockShape(4, 1), sparsity=0.5)
    return Case(problem, threads)


def measure(names, *cases, settings=SETTINGS):
    backends = [f"fake_backends:{name}" for name in names]
    with CaseRunner(backends, settings, RowMaker("run", "host", settings)) as runner:
        rows = [runner.measure(case) for case in cases]
    return [{row.backend.partition(":")[2]: row for row in of_case} for of_case in rows]


def test_every_field_of_a_row_is_filled():
    (rows,) = measure(["Exact"], make_case())
    row = rows["Exact"]
    assert (row.status, row.isa, row.implementation) == (Status.OK, "fake", "int32 matmul")
    assert (row.m, row.k, row.n, row.pattern, row.dtype) == (16, 12, 4, "4x1", "u8s8s32")
    assert (row.run_id, row.host, row.weights) == ("run", "host", "random")
    assert (row.sparsity, row.sparsity_real) == (0.5, 0.5)
    assert len(row.samples_ns) == 8
    assert row.time_ns_low <= row.time_ns <= row.time_ns_high
    assert row.time_ns == np.median(row.samples_ns) >= 20_000
    assert row.gops_dense_equivalent == pytest.approx(2 * 16 * 12 * 4 / row.time_ns)
    assert row.gops_real == pytest.approx(2 * 192 * 4 / row.time_ns)  # dense: all 16x12 weights
    assert (row.weight_bytes, row.index_bytes) == (192, 0)
    assert row.control in ("vpdpbusd_zmm", "multiply_scalar") and row.control_ops > 0
    assert len(row.control_samples_ns) == 8
    assert row.control_ns == np.median(row.control_samples_ns) > 0
    assert row.protocol["rounds"] == 8 and row.protocol["calls"] >= 8
    unfilled = {key for key, value in row.to_dict().items() if value is None or value == ""}
    assert unfilled <= {"reason", "handicaps"}  # it may say that other processes had the core


def test_everyone_gets_a_row_and_the_good_ones_count():
    names = ["Crashing", "Exact", "Raising", "EvenOnly", "Missing", "Unloadable", "Wrong"]
    odd, even = measure(names, make_case(m=17), make_case(m=16))
    status = {name: (row.status.value, row.reason) for name, row in odd.items()}
    assert list(status) == names
    assert status["Crashing"] == ("failed", "worker killed by SIGSEGV (no luck today), in prepare")
    assert status["Exact"][0] == "ok"
    assert status["Raising"] == ("failed", "ValueError: odd M, in prepare")
    assert status["EvenOnly"] == ("unsupported", "odd M")
    assert status["Missing"] == ("unavailable", "no fake library; pip install fake")
    assert status["Unloadable"][0] == "failed" and "libfake" in status["Unloadable"][1]
    assert status["Wrong"][0] == "wrong" and status["Wrong"][1].startswith("Y[16, 3] is")
    assert odd["Wrong"].time_ns is odd["Wrong"].samples_ns is None
    for name in ("Crashing", "Raising", "EvenOnly"):  # the next case is a new chance
        assert even[name].status is Status.OK


def test_a_hanging_backend_is_left_behind():
    settings = SETTINGS.model_copy(update={"case_timeout_s": 1.0})
    odd, even = measure(["Hanging", "Exact"], make_case(m=17), make_case(), settings=settings)
    assert odd["Hanging"].status is Status.FAILED
    assert odd["Hanging"].reason == "took more than 1 s for the case, in prepare"
    assert odd["Exact"].status is even["Hanging"].status is Status.OK


def test_wrong_after_a_while_is_wrong():
    (rows,) = measure(["WrongLater"], make_case())
    assert rows["WrongLater"].status is Status.WRONG
    assert rows["WrongLater"].reason.startswith("after timing: Y[0, 0] is")


def test_output_of_a_library_and_a_spinning_one():
    (rows,) = measure(["Printing", "Spinning"], make_case())
    assert rows["Printing"].status is rows["Spinning"].status is Status.OK
    assert "cores busy while it was not its turn" in rows["Spinning"].reason
    assert rows["Printing"].reason.startswith("disturbed: fake_backends:Spinning")


def test_a_core_that_others_had_is_told():
    measurement = Measurement("a", samples_ns=[100.0] * 8, cpu_samples_ns=[60.0] * 8)
    measurement.lost_shares = [0.4] * 7 + [None]
    maker = RowMaker("run", "host", SETTINGS)
    row = maker.row(make_case(), 0.5, measurement)
    assert row.status is Status.OK
    assert row.reason == "disturbed: other processes had its core for 40% of the time"
    assert row.lost_share == pytest.approx(0.4)
    several = maker.row(make_case(threads=2), 0.5, measurement)
    assert (several.reason, several.lost_share) == (row.reason, row.lost_share)
    measurement.lost_shares = [None] * 8
    unknown = maker.row(make_case(threads=2), 0.5, measurement)
    assert (unknown.reason, unknown.lost_share) == ("", None)


def test_a_control_is_told_in_the_rounds_of_the_row():
    control = Measurement("control", facts=ControlFacts("loop", 500))
    control.samples_ns = [float(50 + index) for index in range(50)]
    measurement = Measurement("a", samples_ns=[100.0] * 9, cpu_samples_ns=[100.0] * 9)
    maker = RowMaker("run", "host", SETTINGS)
    assert maker.row(make_case(), 0.5, measurement).control is None
    measurement.control = control
    row = maker.row(make_case(), 0.5, measurement)
    assert (row.control, row.control_ops, row.control_ns) == ("loop", 500, 54)
    assert row.control_samples_ns == control.samples_ns[:9]
    measurement.status = Status.WRONG
    assert maker.row(make_case(), 0.5, measurement).control_samples_ns is None


def test_repeats_are_told():
    measurement = Measurement("a", samples_ns=[100.0] * 8, cpu_samples_ns=[101.0] * 8)
    measurement.turns_repeated, measurement.disturbed_rounds = 5, [2]
    measurement.lost_shares = [0.0] * 8
    row = RowMaker("run", "host", SETTINGS).row(make_case(), 0.5, measurement)
    assert (row.turns_repeated, row.disturbed_rounds, row.lost_share) == (5, [2], 0)
    fields = row.to_dict()
    for name in ("turns_repeated", "disturbed_rounds", "lost_share"):
        del fields[name]
    assert Row.model_validate(fields).lost_share is None  # a row of an earlier version


def test_cores_and_files_are_given_back(monkeypatch):
    cores = os.sched_getaffinity(0)
    with CaseRunner([], SETTINGS, RowMaker("run", "host", SETTINGS)) as runner:
        folder = runner._folder
        assert os.path.isdir(folder) and len(os.sched_getaffinity(0)) == 1
    assert not os.path.exists(folder) and os.sched_getaffinity(0) == cores


def test_no_room_for_the_numbers(monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(case_runner.GemmTask, "write", full)
    with pytest.raises(RunError, match="No space left on device"):
        measure(["Exact"], make_case())


def test_no_memory_for_the_numbers(monkeypatch):
    def too_much(*args):
        raise MemoryError

    monkeypatch.setattr(case_runner, "make_data", too_much)
    (rows,) = measure(["Exact"], make_case())
    assert rows["Exact"].status is Status.FAILED and "memory" in rows["Exact"].reason
