"""The contract of a backend: one library that can run a GEMM case.

A backend lives in a worker process of its own and handles one case at a time:

    available()  ->  supports(problem)  ->  prepare(data, threads)
                 ->  layout(x)  ->  run(count) ...  ->  result()  ->  release()

``prepare`` packs the weights; ``layout`` takes the activations as transformers hold
them, one row for each token, and brings them into the form that the library likes
best; both are timed apart from ``run``, which only multiplies. Adding a backend is
writing one file in this folder and naming it in
``spbench/backends/__init__.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spbench.formats import GemmData, GemmProblem
from spbench.measure.timing import Timing

__all__ = ["Availability", "Backend", "Footprint", "Timing", "described_by"]


@dataclass(frozen=True)
class Availability:
    """Whether a backend can run here.

    ``version`` of the library; if it is missing, ``reason`` says what is, and
    ``install`` is the command that brings it.
    """

    ok: bool
    version: str = ""
    reason: str = ""
    install: str = ""


@dataclass(frozen=True)
class Footprint:
    """What the prepared weights occupy and how much of them is real work."""

    weight_bytes: int
    index_bytes: int
    stored_weights: int  # weights multiplied: M * K for a dense backend, padding not counted


class Backend(ABC):
    """One library, as its own authors would call it."""

    name: ClassVar[str]  # as on the command line: "onednn"
    title: ClassVar[str]  # as in a report: "oneDNN int8 dense"
    dtype: ClassVar[str]  # activations, weights, accumulator: "u8s8s32", "f32" or "bf16"
    sparse: ClassVar[bool]  # whether it skips zeros
    tolerance: ClassVar[float] = 0.0
    """Largest |result - reference| / max |reference| that is right where results are floats.

    Integer results must be equal, after an epilogue within one step.
    """
    activation_bits: ClassVar[int] = 8
    """Bits of activations with which its sums are right. Of one with fewer, worker and reference
    drop as many of the lowest (``gemm.data.narrow``), and it says so in ``handicaps``."""

    @classmethod
    @abstractmethod
    def available(cls) -> Availability:
        """Look for the library without paying for loading what the case needs."""

    def supports(self, problem: GemmProblem, threads: int) -> str:
        """Why this problem cannot be run; empty if it can. Most libraries fuse no activation."""
        if problem.is_usual:
            return ""
        return f"epilogue {problem.epilogue}: only scale and bias are asked of this library"

    @abstractmethod
    def prepare(self, data: GemmData, threads: int) -> None:
        """Build everything that depends on the weights only. Timed as ``prepare_ns``.

        ``threads`` is the number of threads ``run`` may use; the process is
        already pinned to as many cores.
        """

    @abstractmethod
    def layout(self, x: np.ndarray) -> Timing:
        """Bring activations, u8 [N, K] row-major (tokens, channels), into the library's own form.

        Returns what the conversion took, ``layout_ns``: the library's work alone, 0 where
        it takes such activations as they are. Handing ``x`` over is not counted: a user's
        is where the call before left it.
        """

    @abstractmethod
    def run(self, count: int) -> Timing:
        """Multiply ``count`` times without Python in between where the library allows it."""

    @abstractmethod
    def result(self) -> np.ndarray:
        """Y [M, N] of the last run, in the library's output type, row-major."""

    @abstractmethod
    def implementation(self) -> str:
        """What really ran, in the library's own words, e.g. ``brgemm:avx512_core_vnni``."""

    def isa(self) -> str:
        """The instruction set that ran, e.g. ``avx512vnni``; empty if the library does not tell."""
        return ""

    def handicaps(self) -> str:
        """Why its times for this case, on this CPU, are not the best it can do; empty if they are.

        Clauses joined by ``"; "``. What is of this case only, its numbers, stands at a
        clause's end in parentheses: a report leaves it out where cases differ. That an
        f32 library has no int8 is known from ``dtype``.
        """
        return ""

    @abstractmethod
    def footprint(self) -> Footprint:
        """Sizes of the prepared weights."""

    def release(self) -> None:
        """Drop what belongs to the case."""


def described_by(import_library: Callable[[], str], title: str, install: str) -> Availability:
    """Whether ``import_library``, which returns a version, can import what it needs."""
    try:
        return Availability(ok=True, version=import_library())
    except (ImportError, OSError) as error:  # OSError: one of its libraries does not load
        reason = f"{title} does not load: {error}"
        return Availability(ok=False, reason=reason, install=install)
