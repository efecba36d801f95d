"""FBGEMM's sparse product: its blocks, its 7 bits of activations, its u8 results."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from backend_cases import installed, run_python

from spbench.formats import BlockShape, GemmData, GemmProblem
from spbench.gemm.bench import GemmBench
from spbench.gemm.check import check
from spbench.gemm.data import make_data, narrow
from spbench.gemm.reference import reference_result
from spbench.gemm.task import GemmTask

NAME = "torch-fbgemm-1x4"
SHAPES = [
    (1, 1, 1),
    (1, 64, 1),
    (1, 3, 100),
    (2, 17, 3),
    (17, 1, 17),
    (17, 101, 64),
    (64, 64, 1),
    (100, 17, 2),
    (128, 256, 80),
    (8, 4001, 3),
]


def problem(m: int, k: int, n: int, pattern: str = "1x4", sparsity: float = 0.8) -> GemmProblem:
    return GemmProblem(m, k, n, BlockShape.parse(pattern), sparsity, output="u8")


def result_of(data: GemmData, threads: int = 1) -> np.ndarray:
    backend = installed(NAME)
    backend.prepare(data, threads)
    backend.layout(data.x)
    assert backend.run(2).count == 2
    result = backend.result()
    backend.release()
    return result


@pytest.mark.parametrize("pattern", ["1x4", "4x1", "4x4"])
@pytest.mark.parametrize("sparsity", [0.0, 0.8])
@pytest.mark.parametrize("shape", SHAPES)
def test_edge_shapes(shape, sparsity, pattern) -> None:
    data = narrow(make_data(problem(*shape, pattern, sparsity)), 7)
    result = result_of(data)
    assert result.dtype == np.uint8
    assert check(result, reference_result(data)) == ""


def test_two_threads() -> None:
    installed(NAME)
    run_python("""
from spbench.gemm.check import check
from spbench.gemm.reference import reference_result
from test_torch_fbgemm import make_data, narrow, problem, result_of
for shape in ((1, 1, 1), (100, 64, 17), (256, 256, 64), (256, 256, 1)):
    data = narrow(make_data(problem(*shape)), 7)
    assert check(result_of(data, threads=2), reference_result(data)) == ""
""")


def test_its_sums_saturate_on_8_bits() -> None:
    """Why it gets 7: should this fail, FBGEMM sums exactly now and can have all 8."""
    data = make_data(problem(64, 256, 64))
    assert check(result_of(data), reference_result(data)) != ""


def test_extremes_of_7_bits_do_not_saturate() -> None:
    data = make_data(problem(16, 512, 8, sparsity=0.0))
    for value in (-127, 127):
        blocks = np.full_like(data.weight.data, value)
        weight = dataclasses.replace(data.weight, data=blocks)
        x = np.full_like(data.x, 127)
        scale = np.full(16, 1e-5, np.float32)
        bias = np.zeros(16, np.float32)
        full = GemmData(data.problem, weight, x, scale, bias)
        assert check(result_of(full), reference_result(full)) == ""


def test_other_outputs_are_declined() -> None:
    for output in ("s32", "f32", "s8"):
        asked = dataclasses.replace(problem(8, 8, 8), output=output, epilogue="")
        assert installed(NAME).supports(asked, 1).startswith(f"output {output}: ")
    assert installed(NAME).supports(problem(8, 8, 8, "16x1"), 1) == ""


@pytest.mark.parametrize(("pattern", "said"), [("1x4", False), ("4x1", True)])
def test_a_worker_measures_it_on_7_bits_and_says_so(tmp_path, pattern, said) -> None:
    installed(NAME)
    data = make_data(problem(64, 64, 16, pattern))
    bench = GemmBench(NAME)
    prepared = bench.prepare(GemmTask.write(data, reference_result(data), 1, tmp_path))
    assert (prepared.status, prepared.reason) == ("ok", "")
    assert "activations of 7 bits" in prepared.facts.handicaps
    assert ("blocks of 4x1 run as 1x4 (" in prepared.facts.handicaps) == said
    sizes = prepared.facts.footprint
    if not said:
        assert sizes.stored_weights == sizes.weight_bytes == data.weight.stored_weights
    assert sizes.index_bytes == sizes.weight_bytes + 4 * 65
