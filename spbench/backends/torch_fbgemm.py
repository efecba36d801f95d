"""PyTorch, block-sparse int8: FBGEMM's ``torch.ops.sparse.qlinear``, blocks of 1x4.

A block is 4 input channels of one output channel; other patterns are cut into such blocks anew.
Its kernels add pairs of products in 16 bits and saturate: with activations of 8 bits their sums
are wrong. So it gets 7, as models quantised for it have (``reduce_range``), and is checked
against their product. Prepared beforehand: weights packed by ``qlinear_prepack``. Layout:
none. Timed: the operator, which transposes X and Y and allocates Y anew. It stores u8 only.
"""

from __future__ import annotations

import numpy as np

from spbench.backends.base import Footprint, Timing
from spbench.backends.torch_library import TorchBackend, quantized_tokens, quantized_weights
from spbench.formats import BlockShape, BlockSparseMatrix, GemmData, GemmProblem

BLOCK = BlockShape(1, 4)
_TILE = 4000
"""Input channels of a tile of FBGEMM's matrix: each has its own row pointers."""


class TorchFbgemm(TorchBackend):
    """A sparse quantised linear layer of ``torch.ao``."""

    name = "torch-fbgemm-1x4"
    title = "PyTorch int8 sparse, FBGEMM 1x4"
    dtype = "u8s8s32"
    sparse = True
    activation_bits = 7

    def supports(self, problem: GemmProblem, threads: int) -> str:
        import torch

        if "fbgemm" not in torch.backends.quantized.supported_engines:
            return "this PyTorch is built without FBGEMM"
        if problem.output != "u8":
            return f"output {problem.output}: FBGEMM's sparse product stores u8 only (--output u8)"
        return super().supports(problem, threads)

    def _build(self, data: GemmData) -> None:
        import torch

        torch.backends.quantized.engine = "fbgemm"
        self._pattern, dense = data.problem.pattern, data.weight.to_dense()
        self._given = data.weight.stored_weights / dense.size
        blocks = BlockSparseMatrix.from_dense(dense, BLOCK)
        self._blocks, self._stored_weights = blocks.stored_blocks, blocks.stored_weights
        self._m, self._k = dense.shape
        bias = torch.from_numpy(np.array(data.bias))
        self._weights = torch.ops.sparse.qlinear_prepack(
            quantized_weights(data), bias, BLOCK.rows, BLOCK.cols
        )
        self._zero_point = data.problem.y_zero_point
        self._call = torch.ops.sparse.qlinear.default
        self.layout(np.zeros((data.problem.n, self._k), np.uint8))

    def layout(self, x: np.ndarray) -> Timing:
        """X is taken as it comes; the operator transposes it."""
        self._x = quantized_tokens(x)
        return Timing(count=1, wall_ns=0, cpu_ns=0)

    def _multiply(self) -> None:
        self._y = None  # its memory is free for the next
        self._y = self._call(self._x, self._weights, 1.0, self._zero_point)

    def result(self) -> np.ndarray:
        return np.ascontiguousarray(self._y.int_repr().numpy().T)

    def implementation(self) -> str:
        return "fbgemm SparseDenseInt8MM, 1x4 blocks, sums of pairs in 16 bits"

    def isa(self) -> str:
        import torch

        return torch.backends.cpu.get_cpu_capability().lower()

    def handicaps(self) -> str:
        clauses = [
            "activations of 7 bits, as its 16-bit sums saturate on 8",
            "no VNNI in its kernels",
            "transposes X and Y in each call",
        ]
        if self._pattern != BLOCK:
            here, given = 1 - self._stored_weights / (self._m * self._k), 1 - self._given
            recut = f"blocks of {self._pattern} run as 1x4 ({here:.0%} zeros of {given:.0%})"
            clauses.insert(0, recut)
        return "; ".join(clauses)

    def footprint(self) -> Footprint:
        """As FBGEMM packs: a column of 4 bytes for each block, row pointers for each tile."""
        row_pointers = 4 * (self._m + 1) * -(-self._k // _TILE)
        index_bytes = 4 * self._blocks + row_pointers
        weight_bytes = self._blocks * BLOCK.rows * BLOCK.cols
        return Footprint(weight_bytes, index_bytes, self._stored_weights)

    def release(self) -> None:
        self._call = self._x = self._y = self._weights = None
