"""The change of layout is the library's work, without what Python takes to ask for it."""

import time

from fake_backends import Exact

from spbench.backends.base import Timing
from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.bench import GemmBench
from spbench.gemm.data import make_data
from spbench.gemm.reference import reference_product
from spbench.gemm.task import GemmTask


class SlowToHandOver(Exact):
    """Its Python takes a millisecond, its library 7 ns."""

    def layout(self, x):
        time.sleep(1e-3)
        super().layout(x)
        return Timing(count=1, wall_ns=7, cpu_ns=7)


def test_layout_ns_is_what_the_backend_timed(tmp_path):
    problem = GemmProblem(m=8, k=12, n=5, pattern=BlockShape(4, 1), sparsity=0.5)
    data = make_data(problem)
    task = GemmTask.write(data, reference_product(data), 1, tmp_path)
    prepared = GemmBench(f"{__name__}:SlowToHandOver").prepare(task)
    assert prepared.status == "ok", prepared.reason
    assert prepared.facts.layout_ns == 7
