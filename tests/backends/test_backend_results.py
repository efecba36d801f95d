"""Every baseline gives what integers give, on shapes and numbers at the edges."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from backend_cases import (
    CHECKED,
    LIBRARIES,
    NEEDS_ZEROS,
    OWN_FLOAT,
    RUNTIMES,
    assert_exact,
    block_for,
    exact,
    installed,
    make_case,
    run_python,
)

from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.check import check
from spbench.gemm.data import make_data

SHAPES = [
    (1, 1, 1),
    (1, 64, 1),
    (1, 3, 100),
    (2, 17, 3),
    (3, 2, 2),
    (17, 1, 17),
    (17, 100, 64),
    (64, 64, 1),
    (64, 3, 32),
    (64, 64, 31),
    (100, 17, 2),
    (100, 100, 100),
    (128, 256, 80),
    (256, 64, 1),
]


@pytest.mark.parametrize("sparsity", [0.0, 0.8])
@pytest.mark.parametrize("name", CHECKED)
def test_edge_shapes(name: str, sparsity: float) -> None:
    backend = installed(name)
    if name in NEEDS_ZEROS and sparsity == 0:
        pytest.skip(f"{name} is wrong where no weight is zero")
    for m, k, n in SHAPES:
        pattern = BlockShape.parse(block_for(name))
        assert_exact(backend, make_data(GemmProblem(m, k, n, pattern, sparsity)))
    backend.release()


@pytest.mark.parametrize("n", [1, 5, 64])
@pytest.mark.parametrize("name", CHECKED)
def test_weights_of_zeros(name: str, n: int) -> None:
    backend = installed(name)
    x = np.full((n, 40), 255, np.uint8)
    half = np.zeros((24, 40), np.int8)
    half[8:12] = -3
    for weight in (np.zeros((24, 40), np.int8), half):
        assert_exact(backend, make_case(weight, x, block_for(name)))
    backend.release()


@pytest.mark.parametrize("n", [1, 4, 48])
@pytest.mark.parametrize("value", [-127, 127])
@pytest.mark.parametrize("name", CHECKED)
def test_extremes_do_not_saturate(name: str, value: int, n: int) -> None:
    backend = installed(name)
    x = np.full((n, 512), 255, np.uint8)
    if name in NEEDS_ZEROS:
        pytest.skip(f"{name} is wrong where no weight is zero")
    data = make_case(np.full((64, 512), value, np.int8), x, block_for(name))
    backend.prepare(data, 1)
    if "no VNNI" in f"{backend.implementation()} {backend.handicaps()}":
        pytest.skip("this CPU has no VNNI: its sums can saturate")
    assert_exact(backend, data)
    backend.release()


@pytest.mark.parametrize("name", CHECKED)
def test_layout_takes_new_activations(name: str) -> None:
    backend = installed(name)
    pattern = BlockShape.parse(block_for(name))
    data = make_data(GemmProblem(32, 48, 20, pattern, 0.5))
    assert_exact(backend, data)
    other = dataclasses.replace(data, x=np.ascontiguousarray(data.x[::-1]))
    backend.layout(other.x)
    backend.run(1)
    assert check(backend.result(), exact(other), backend.tolerance) == ""
    backend.release()


@pytest.mark.parametrize("name", CHECKED)
def test_facts_of_a_prepared_case(name: str) -> None:
    backend = installed(name)
    data = make_data(GemmProblem(64, 64, 16, BlockShape.parse(block_for(name)), 0.75))
    assert_exact(backend, data)
    footprint = backend.footprint()
    assert backend.implementation()
    assert footprint.stored_weights == (64 * 64 // 4 if backend.sparse else 64 * 64)
    assert footprint.weight_bytes >= footprint.stored_weights
    assert (footprint.index_bytes > 0) == backend.sparse
    backend.release()


@pytest.mark.parametrize("name", ["onemkl-bsr", "torch-bsr"])
def test_bsr_declines_blocks_that_are_not_square(name: str) -> None:
    problem = GemmProblem(8, 8, 8, BlockShape.parse("4x1"), 0.5)
    assert "square" in installed(name).supports(problem, 1)


def test_scipy_declines_threads() -> None:
    problem = GemmProblem(8, 8, 8, BlockShape.parse("4x1"), 0.5)
    assert "one thread" in installed("scipy-csr").supports(problem, 2)


@pytest.mark.parametrize(
    "name", ["onednn", "onemkl-dense", "onemkl-csr", "numpy", *OWN_FLOAT, *RUNTIMES, *LIBRARIES]
)
def test_two_threads(name: str) -> None:
    """In a process of its own: oneMKL keeps its first threading layer for life."""
    installed(name)
    script = f"""
from backend_cases import assert_exact, installed
from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.check import check
from spbench.gemm.data import make_data
for m, k, n in ((1, 1, 1), (100, 64, 17), (256, 256, 64), (256, 256, 1)):
    data = make_data(GemmProblem(m, k, n, BlockShape.parse({block_for(name)!r}), 0.8))
    assert_exact(installed({name!r}), data, threads=2)
"""
    run_python(script)


def test_onemkl_declines_a_second_threading_layer() -> None:
    installed("onemkl-csr")
    run_python("""
from backend_cases import installed
from spbench.formats import BlockShape, GemmProblem
problem = GemmProblem(8, 8, 8, BlockShape.parse("4x1"), 0.5)
backend = installed("onemkl-csr")
assert backend.supports(problem, 1) == ""
assert "threading layer" in backend.supports(problem, 2)
""")
