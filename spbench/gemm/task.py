"""A GEMM case on its way to the workers: the problem, and its numbers in a folder.

The numbers are made once, by the sweep, and read from there by every worker, so no
large array passes a pipe and no worker spends time on making them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spbench.formats import BlockSparseMatrix, GemmData, GemmProblem

_ARRAYS = ("indptr", "indices", "blocks", "x", "reference")


@dataclass(frozen=True)
class GemmTask:
    """One case as a worker gets it. ``folder`` holds weights, activations and reference."""

    problem: GemmProblem
    threads: int
    folder: str

    @classmethod
    def write(
        cls, data: GemmData, reference: np.ndarray, threads: int, folder: str | Path
    ) -> GemmTask:
        """Put the numbers into ``folder``, in place of those of the case before."""
        weight = data.weight
        arrays = (weight.indptr, weight.indices, weight.data, data.x, reference)
        for name, array in zip(_ARRAYS, arrays, strict=True):
            file = Path(folder) / f"{name}.npy"
            file.unlink(missing_ok=True)  # a worker may still have the old file mapped
            np.save(file, array)
        return cls(data.problem, threads, str(folder))

    def read(self) -> tuple[GemmData, np.ndarray]:
        """Weights with activations, in memory of this process, and the reference, int32 [M, N]."""
        files = [Path(self.folder) / f"{name}.npy" for name in _ARRAYS]
        indptr, indices, blocks, x = (np.load(file) for file in files[:-1])
        problem = self.problem
        weight = BlockSparseMatrix((problem.m, problem.k), problem.pattern, indptr, indices, blocks)
        return GemmData(problem, weight, x), np.load(files[-1], mmap_mode="r")
