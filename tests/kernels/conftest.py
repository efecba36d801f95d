"""Small products and their truth, for every kernel test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest
from guarded import guarded_copy

from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels import Epilogue, Panels
from spbench.kernels._native import spmm as native
from spbench.kernels._native import spmm_float as native_float

KERNELS = [kernel for kernel in native.kernel_table() if kernel["block"][1]]
DENSE_KERNELS = [kernel for kernel in native.kernel_table() if not kernel["block"][1]]
SPMV_KERNELS = native.spmv_kernel_table()
FLOAT_KERNELS = native_float.kernel_table()
LOOKUP_KERNELS = native.lookup_kernel_table()
ENCODER_KERNELS = native.encoder_kernel_table()
BLOCK = BlockShape(4, 1)


@dataclass(frozen=True)
class Product:
    """W s8 [M, K] (dense and in blocks), X u8 [K, N], and their product in integers."""

    weight: np.ndarray
    blocks: BlockSparseMatrix
    x: np.ndarray

    @property
    def s32(self) -> np.ndarray:
        return self.weight.astype(np.int32) @ self.x.astype(np.int32)


def make_product(
    m: int, k: int, n: int, sparsity: float, seed: int = 0, block: BlockShape = BLOCK
) -> Product:
    """Random blocks, extremes of both types among the values."""
    generator = np.random.default_rng(seed)
    weight = generator.integers(-128, 128, (m, k), dtype=np.int8)
    grid = block.grid(m, k)
    kept = generator.random(grid) >= sparsity
    weight *= np.kron(kept, np.ones((block.rows, block.cols), bool))[:m, :k]
    x = generator.integers(0, 256, (k, n), dtype=np.uint8)
    return Product(weight, BlockSparseMatrix.from_dense(weight, block), x)


def varied_operands(
    m: int, k: int, n: int, sparsity: float, extreme: bool, block: BlockShape, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """W s8 [M, K] and X u8 [K, N]; of several block rows the first is full and the last empty.

    ``extreme``: -128, 127 and 0, 255 are the only values; else all are.
    """
    generator = np.random.default_rng(seed)
    weights, values = ([-128, 127], [0, 255]) if extreme else (range(-128, 128), range(256))
    weight = generator.choice(np.array(weights, np.int8), (m, k))
    kept = generator.random(block.grid(m, k)) >= sparsity
    if len(kept) > 1:
        kept[0], kept[-1] = True, False
    weight *= np.kron(kept, np.ones((block.rows, block.cols), bool))[:m, :k]
    return weight, generator.choice(np.array(values, np.uint8), (k, n))


def isas_of(kernels: list[dict]) -> list[str]:
    """Levels of those of ``kernels`` that this CPU can run, ascending."""
    usable = {kernel["isa"] for kernel in kernels if kernel["usable"]}
    return [isa for isa in native.isa_names() if isa in usable]


@contextmanager
def capped_to(isa: str) -> Iterator[None]:
    """Dispatch capped to a level, for one example of a property: a fixture would outlast it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPBENCH_ISA", isa)
        yield


def assert_close(result: np.ndarray, expected: np.ndarray) -> None:
    """s32 to the bit, bytes within one quantum, f32 within its rounding."""
    if expected.dtype == np.float32:
        np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-2)
    elif expected.dtype == np.int32:
        np.testing.assert_array_equal(result, expected)
    else:
        assert np.abs(result.astype(int) - expected.astype(int)).max() <= 1


def run_guarded(weight, product: Product, block, isa: str, output: str, fits: bool) -> np.ndarray:
    """A plain product on one thread whose operands end at unmapped pages, as an array [M, N].

    Its bytes are spread over their whole range and beyond.
    """
    (m, n), x = product.s32.shape, Panels.from_array(product.x)
    epilogue = spread(product, output)
    y = Panels.empty(m, n, output)
    guarded_y = guarded_copy(y.data.view(np.uint8))
    native.SpmmCall(
        m=m,
        k=x.channels,
        n=n,
        block=block,
        group_begin=guarded_copy(weight.group_begin),
        weights=guarded_copy(weight.weights),
        channels=guarded_copy(weight.channels),
        x=guarded_copy(x.data),
        y=guarded_y,
        output=output,
        fits=fits,
        scale=guarded_copy(np.full(m, epilogue.scale, np.float32)),
        bias=guarded_copy(np.full(m, epilogue.bias, np.float32)),
        threads=1,
        isa=isa,
        row_split=np.empty(2, np.int64),
    ).run()
    return Panels(guarded_y.view(y.data.dtype), m, n).to_array()


def spread(product: Product, output: str) -> Epilogue:
    """Scale and bias that use all of a byte: a few of the largest values are cut."""
    if output == "s32":
        return Epilogue("s32")
    largest = max(1, np.abs(product.s32).max())
    return Epilogue(output, scale=150 / largest, bias=64.0 if output == "u8" else 0.0)


RAN: set[str] = set()
"""Kernels that a test has run in this session, by name."""


@pytest.fixture(params=KERNELS, ids=lambda kernel: kernel["name"])
def kernel(request, monkeypatch):
    """Each kernel of spmm/kernels.inc in turn, made the one that dispatch chooses."""
    return chosen(request, monkeypatch)


@pytest.fixture(params=DENSE_KERNELS, ids=lambda kernel: kernel["name"])
def dense_kernel(request, monkeypatch):
    """The same for dense/kernels.inc."""
    return chosen(request, monkeypatch)


def encoder_kernels(room: str) -> list[dict]:
    """Kernels of attention/, norm/, embedding/ or rows, for a test's parameters."""
    return [kernel for kernel in ENCODER_KERNELS if kernel["name"].startswith(room)]


def chosen(request, monkeypatch):
    """The parameter of ``request``, a kernel, if this CPU has it; dispatch is capped to its ISA."""
    if not request.param["usable"]:
        pytest.skip(f"this CPU lacks one of {', '.join(request.param['features'])}")
    monkeypatch.setenv("SPBENCH_ISA", request.param["isa"])
    RAN.add(request.param["name"])
    return request.param
