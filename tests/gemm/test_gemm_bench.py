"""A backend in its worker: when it is made, which placement runs, when it rests."""

import fake_backends
import pytest
from fake_time import FakeClock

from spbench.formats import BlockShape, GemmProblem
from spbench.gemm import bench as gemm_bench
from spbench.gemm.bench import GemmBench
from spbench.gemm.data import make_data, narrow
from spbench.gemm.placement_order import placement_in_round
from spbench.gemm.reference import reference_product, reference_result
from spbench.gemm.task import GemmTask


@pytest.fixture
def make_task(tmp_path):
    def make(threads=1):
        data = make_data(GemmProblem(m=16, k=12, n=4, pattern=BlockShape(4, 1), sparsity=0.5))
        return GemmTask.write(data, reference_product(data), threads, tmp_path)

    return make


def test_a_backend_is_made_only_where_its_library_is(make_task):
    bench = GemmBench("fake_backends:MissingParts")
    assert not bench.describe().availability.ok
    assert bench.prepare(make_task()).status == "unavailable"


def test_a_round_has_the_placement_of_its_order(make_task, monkeypatch):
    ran = []
    monkeypatch.setattr(fake_backends.Exact, "call", lambda self: ran.append(id(self)))
    bench = GemmBench("fake_backends:Exact")
    count = bench.prepare(make_task()).facts.placements
    assert count == len(set(ran)) == 8
    made = list(dict.fromkeys(ran))
    ran.clear()
    for index in (0, 1, 1, 2, 11):
        bench.turn(index, 1, 0)
    order = [placement_in_round("fake_backends:Exact", 8, index) for index in (0, 1, 1, 2, 11)]
    assert ran == [made[place] for place in order]


def test_preparing_is_the_median_over_placements_without_what_a_process_loads_first(
    make_task, monkeypatch
):
    """The first call imports for a second; of the others one is slow: neither is told."""
    lasting_s = iter([1.0, 0.004, 0.5, *[0.002] * 20])
    clock = FakeClock()
    monkeypatch.setattr(gemm_bench, "SystemClock", lambda: clock)
    prepare = fake_backends.Exact.prepare

    def slow(self, data, threads):
        clock.advance(next(lasting_s) * 1e9)
        prepare(self, data, threads)

    monkeypatch.setattr(fake_backends.Exact, "prepare", slow)
    assert GemmBench("fake_backends:Exact").prepare(make_task()).facts.prepare_ns == 2_000_000


def test_released_and_taken_up_again(make_task):
    bench = GemmBench("fake_backends:Exact")
    for _ in range(2):
        assert bench.prepare(make_task()).status == "ok"
        bench.turn(5, 1, 0)
        assert bench.check() == ""
        bench.release()


@pytest.mark.parametrize(("threads", "rests"), [(1, 0), (2, 1)])
def test_several_threads_are_left_to_rest_after_a_turn(make_task, monkeypatch, threads, rests):
    slept = []
    bench = GemmBench("fake_backends:Exact")
    bench.prepare(make_task(threads))
    monkeypatch.setattr(gemm_bench.time, "sleep", slept.append)
    bench.turn(0, 1, 0)
    assert slept == [gemm_bench.POOL_SLEEPS_S] * rests


def test_activations_of_fewer_bits_and_their_own_reference(make_task, monkeypatch):
    given = []
    prepare = fake_backends.Exact.prepare
    monkeypatch.setattr(fake_backends.Exact, "activation_bits", 7, raising=False)
    monkeypatch.setattr(
        fake_backends.Exact,
        "prepare",
        lambda self, data, threads: (given.append(data), prepare(self, data, threads)),
    )
    task = make_task()
    full = task.read()[0]
    bench = GemmBench("fake_backends:Exact")
    assert bench.prepare(task).status == "ok"
    assert (given[0].x == full.x // 2).all()
    assert full.x.max() > 127 >= given[0].x.max()


def test_narrow_activations_have_wider_steps():
    problem = GemmProblem(m=16, k=12, n=4, pattern=BlockShape(4, 1), sparsity=0.5, output="f32")
    data = make_data(problem)
    assert narrow(data, 8) is data
    lost = data.weight.to_dense().astype(float) @ (data.x & 1).T
    expected = reference_result(data) - data.scale[:, None] * lost
    assert reference_result(narrow(data, 7)) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_row_knows_which_threads_worked(make_task, threads):
    """Of spbench's own team, which threadpoolctl does not know."""
    facts = GemmBench("spbench").prepare(make_task(threads)).facts
    if facts.threads_busy is None:
        pytest.skip("this system does not count the time of threads")
    assert 1 <= facts.threads_busy <= threads
    assert all(part.rpartition(" ")[2].isdigit() for part in facts.thread_pools.split(", "))
