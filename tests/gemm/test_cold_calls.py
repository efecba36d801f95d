"""What a call finds in the caches: emptied before each timed call, X touched again or not."""

import fake_backends
import pytest
from click.testing import CliRunner

from spbench.cli import main
from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.bench import GemmBench
from spbench.gemm.data import make_data
from spbench.gemm.reference import reference_product
from spbench.gemm.task import GemmTask
from spbench.measure.cold_caches import ColdCaches
from spbench.measure.timing import Timing
from spbench.store.run_folder import RunFolder


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        ("hot", ["run 3"]),
        ("cold-weights", ["empty", "layout", "run 1"] * 3),
        ("cold", ["empty", "run 1"] * 3),
    ],
)
def test_what_comes_before_a_timed_call(tmp_path, monkeypatch, cache, expected):
    did = []
    data = make_data(GemmProblem(m=16, k=12, n=4, pattern=BlockShape(4, 1), sparsity=0.5))
    bench = GemmBench("fake_backends:Exact")
    bench.prepare(GemmTask.write(data, reference_product(data), 1, tmp_path, cache))
    layout = fake_backends.Exact.layout
    monkeypatch.setattr(ColdCaches, "empty", lambda self, threads: did.append("empty"))
    monkeypatch.setattr(
        fake_backends.Exact, "layout", lambda self, x: did.append("layout") or layout(self, x)
    )

    def run(self, count):
        did.append(f"run {count}")
        return Timing(count, 100 * count, 90 * count)

    monkeypatch.setattr(fake_backends.Exact, "run", run)
    timing = bench.turn(0, 3, 0)
    assert did == expected
    assert (timing.count, timing.wall_ns, timing.cpu_ns) == (3, 300, 270)


def test_several_timings_are_one():
    together = Timing.together([Timing(1, 5, 4, 1), Timing(2, 7, 6, 2)])
    assert together == Timing(3, 12, 10, 3)
    assert Timing.together([Timing(1, 5, 4, 1), Timing(1, 5, 4)]).waited_ns is None


@pytest.mark.parametrize("threads", [1, 2])
def test_the_memory_read_is_twice_the_last_cache(threads):
    caches = ColdCaches({"l2_bytes": 1 << 16, "l3_bytes": "unknown"})
    caches.empty(threads)
    assert caches._memory.nbytes == 2 << 16


def test_every_row_states_its_caches_and_how_to_repeat_it(tmp_path):
    done = CliRunner().invoke(
        main,
        [
            *("run-gemm", "sweep", "--shapes", "16x12x4", "--backend", "fake_backends:Exact"),
            *("--cache", "hot,cold-weights,cold", "--protocol", "rounds=8"),
            *("--out", str(tmp_path / "run")),
        ],
    )
    assert done.exit_code == 0, done.output
    rows = RunFolder.open(tmp_path / "run").rows()
    assert [row.cache for row in rows] == ["hot", "cold-weights", "cold"]
    assert len({row.case_id for row in rows}) == 3
    assert "--cache cold-weights" in rows[1].command and "--cache" not in rows[0].command
    assert all(len(row.samples_ns) >= 8 for row in rows)
