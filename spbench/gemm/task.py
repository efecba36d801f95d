"""A GEMM case on its way to the workers: the problem, and its numbers in a folder.

The numbers are made once, by the sweep, and read from there by every worker, so no
large array passes a pipe and no worker spends time on making them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from spbench.formats import BlockSparseMatrix, GemmData, GemmProblem

_ARRAYS = ("indptr", "indices", "blocks", "x", "reference")
_EPILOGUE = ("scale", "bias", "residual")


@dataclass(frozen=True)
class GemmTask:
    """One case as a worker gets it. ``folder`` holds its numbers and the reference.

    ``cache`` says what a call finds in the caches: ``hot``, all that fits, from the calls before;
    ``cold-weights``, X only; ``cold``, nothing.
    """

    problem: GemmProblem
    threads: int
    folder: str
    cache: str = "hot"

    @classmethod
    def write(
        cls,
        data: GemmData,
        reference: np.ndarray,
        threads: int,
        folder: str | Path,
        cache: str = "hot",
    ) -> GemmTask:
        """Put the numbers into ``folder``, in place of those of the case before."""
        weight = data.weight
        arrays = (weight.indptr, weight.indices, weight.data, data.x, reference)
        named = dict(zip(_ARRAYS, arrays, strict=True))
        given = {name: getattr(data, name) for name in _EPILOGUE}
        named |= {name: array for name, array in given.items() if array is not None}
        for name, array in named.items():
            file = Path(folder) / f"{name}.npy"
            file.unlink(missing_ok=True)  # a worker may still have the old file mapped
            np.save(file, array)
        return cls(data.problem, threads, str(folder), cache)

    def read(self) -> tuple[GemmData, np.ndarray]:
        """The numbers, in memory of this process, and the reference [M, N] (``gemm.reference``)."""
        indptr, indices, blocks, x = (self._load(name) for name in _ARRAYS[:-1])
        problem = self.problem
        weight = BlockSparseMatrix((problem.m, problem.k), problem.pattern, indptr, indices, blocks)
        names = () if problem.epilogue == "none" else _EPILOGUE[:2]
        names += _EPILOGUE[2:] if problem.epilogue == "residual" else ()
        epilogue = {name: self._load(name) for name in names}
        return GemmData(problem, weight, x, **epilogue), self._load(_ARRAYS[-1], mmap_mode="r")

    def _load(self, name: str, mmap_mode: Literal["r"] | None = None) -> np.ndarray:
        return np.load(Path(self.folder) / f"{name}.npy", mmap_mode)
