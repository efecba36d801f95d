"""Outputs that pass an epilogue: the same for spbench and for its dense rival."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from backend_cases import OWN_FLOAT, installed

from spbench.formats import BlockShape, BlockSparseMatrix, GemmData, GemmProblem
from spbench.formats.gemm_problem import EPILOGUES
from spbench.gemm.check import check
from spbench.gemm.data import make_data
from spbench.gemm.reference import reference_result

DTYPES = {"s32": np.int32, "f32": np.float32, "u8": np.uint8, "s8": np.int8}
WITH_EPILOGUE = ("spbench", "onednn")
WITHOUT = (
    "onemkl-dense",
    "onemkl-csr",
    "numpy",
    "scipy-csr",
    "torch-csr",
    "torch-int-mm",
    *OWN_FLOAT,
)
RUNTIMES = ("torch-qlinear", "onnxruntime", "openvino")
SIZES = [(1, 1, 1), (5, 3, 2), (17, 100, 64), (64, 64, 1), (128, 256, 80)]


def problem(
    output: str, m: int = 64, k: int = 96, n: int = 33, seed: int = 0, epilogue: str = ""
) -> GemmProblem:
    return GemmProblem(m, k, n, BlockShape(4, 1), 0.6, output=output, seed=seed, epilogue=epilogue)


def result_of(name: str, data: GemmData) -> np.ndarray:
    backend = installed(name)
    why_not = backend.supports(data.problem, 1)
    if name == "onnxruntime" and data.problem.output == "s8":
        assert why_not.startswith("output s8: ")
        pytest.skip(why_not)
    assert why_not == ""
    backend.prepare(data, 1)
    backend.layout(data.x)
    backend.run(2)
    result = backend.result()
    assert check(result, reference_result(data), backend.tolerance) == ""
    backend.release()
    return result


@pytest.mark.parametrize("name", [*WITH_EPILOGUE, *RUNTIMES])
@pytest.mark.parametrize("output", DTYPES)
@pytest.mark.parametrize("size", SIZES)
def test_every_output_is_right(name, output, size) -> None:
    result = result_of(name, make_data(problem(output, *size)))
    no_s32 = output == "s32" and name in ("torch-qlinear", "openvino")
    assert result.dtype == (np.float32 if no_s32 else DTYPES[output])
    assert result.shape == (size[0], size[2])


@pytest.mark.parametrize("name", [*WITH_EPILOGUE, *RUNTIMES])
@pytest.mark.parametrize("output", ["f32", "u8", "s8"])
@pytest.mark.parametrize("epilogue", EPILOGUES)
@pytest.mark.parametrize("size", [(64, 96, 33), (20, 50, 1)])
def test_every_epilogue_is_right_or_unsupported(name, output, epilogue, size) -> None:
    if (epilogue, output) == ("gelu-table", "f32"):
        pytest.skip("a table takes bytes")
    case = problem(output, *size, epilogue=epilogue)
    reason = installed(name).supports(case, 1)
    if reason:
        assert name != "spbench" and (epilogue in reason or f"output {output}" in reason)
    else:
        assert result_of(name, make_data(case)).dtype == DTYPES[output]


@pytest.mark.parametrize("name", [*WITH_EPILOGUE, *RUNTIMES])
@pytest.mark.parametrize("output", ["u8", "s8"])
def test_results_saturate_at_both_ends(name, output) -> None:
    data = make_data(problem(output))
    steep = dataclasses.replace(data, scale=100 * data.scale, bias=100 * data.bias)
    result = result_of(name, steep)
    limits = np.iinfo(DTYPES[output])
    assert (result == limits.min).any() and (result == limits.max).any()


@pytest.mark.parametrize("name", [*WITH_EPILOGUE, *RUNTIMES])
def test_rounding_is_to_nearest_and_halves_to_even(name) -> None:
    """W = 1 and X = 0 .. 15, halved: 0, 0.5, 1, 1.5 ... with the zero point of u8, 128."""
    pattern = BlockShape(4, 1)
    weight = BlockSparseMatrix.from_dense(np.ones((4, 1), np.int8), pattern)
    scale, bias = np.full(4, 0.5, np.float32), np.zeros(4, np.float32)
    x = np.arange(16, dtype=np.uint8)[:, None]
    data = GemmData(GemmProblem(4, 1, 16, pattern, 0.0, output="u8"), weight, x, scale, bias)
    expected = 128 + np.rint(np.arange(16) / 2)
    np.testing.assert_array_equal(result_of(name, data), np.tile(expected, (4, 1)))


def test_both_store_the_same_bytes_but_for_halves() -> None:
    data = make_data(problem("u8", 256, 256, 64))
    own, rival = (result_of(name, data).astype(int) for name in WITH_EPILOGUE)
    assert np.abs(own - rival).max() <= 1
    assert (own != rival).mean() < 1e-3


@pytest.mark.parametrize("output", ["f32", "u8", "s8"])
@pytest.mark.parametrize("name", WITHOUT)
def test_f32_libraries_say_what_they_cannot_do(name, output) -> None:
    reason = installed(name).supports(problem(output), 1)
    assert f"output {output}" in reason and "epilogue" in reason
