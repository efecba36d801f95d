"""What a case takes, it gives back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from backend_cases import CHECKED, block_for, installed

from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.data import make_data

CYCLES = 200
COMPILED_CYCLES = 10
"""TVM takes a tenth of a second for a case; what it leaves behind would be the compiled code."""


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("name", CHECKED)
def test_memory_is_flat_over_many_cases(name: str) -> None:
    backend = installed(name)
    data = make_data(GemmProblem(128, 128, 16, BlockShape.parse(block_for(name)), 0.8))

    def cycle() -> None:
        backend.prepare(data, 1)
        backend.layout(data.x)
        backend.run(1)
        backend.result()
        backend.release()

    def growth() -> int:
        before = resident_bytes()
        for _ in range(COMPILED_CYCLES if name.startswith("tvm") else CYCLES):
            cycle()
        return resident_bytes() - before

    # A case leaked would be 16 KiB of weights and as much of X and Y, 200 times: 6 MiB, and
    # each time anew; a pool that is still growing stops.
    assert min(growth() for _ in range(3)) < 2 << 20


@pytest.mark.parametrize("name", CHECKED)
def test_release_may_come_at_any_time(name: str) -> None:
    backend = installed(name)
    backend.release()
    data = make_data(GemmProblem(16, 16, 4, BlockShape.parse(block_for(name)), 0.5))
    backend.prepare(data, 1)
    backend.release()
    backend.release()
    backend.prepare(data, 1)
    backend.prepare(data, 1)
    backend.layout(data.x)
    assert backend.run(2).count == 2
    backend.release()
