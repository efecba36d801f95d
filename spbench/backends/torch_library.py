"""PyTorch, for the backends that are made of it: its threads, what it says of its libraries.

Its calls are made in a Python loop, under ``torch.inference_mode``: 1 to 20 microseconds a call
are the interpreter's and the dispatcher's, as they are in a user's.
"""

from __future__ import annotations

import os
import re
import tempfile
import warnings
from abc import abstractmethod
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from spbench.backends.base import Availability, Backend, Timing, described_by
from spbench.backends.calls import loop_in_python
from spbench.backends.handicaps import GENERIC_PATH, int8_isa
from spbench.formats import GemmData

INSTALL = "pip install torch==2.13.0"


class TorchBackend(Backend):
    """A function of PyTorch, called ``count`` times."""

    @classmethod
    def available(cls) -> Availability:
        return described_by(_version, "PyTorch", INSTALL)

    def prepare(self, data: GemmData, threads: int) -> None:
        import torch

        self.release()
        torch.set_num_threads(threads)
        with torch.inference_mode():
            self._build(data)

    @abstractmethod
    def _build(self, data: GemmData) -> None:
        """Pack the weights, reserve memory for X and Y."""

    @abstractmethod
    def _multiply(self) -> object:
        """One call, and nothing else."""

    def run(self, count: int) -> Timing:
        import torch

        with torch.inference_mode():
            return loop_in_python(self._multiply, count)

    def _one_run(self) -> None:
        self.run(1)


class TorchInt8(TorchBackend):
    """One that is oneDNN's work inside: it is asked what it runs."""

    def implementation(self) -> str:
        version, here = _onednn()
        return f"oneDNN {version} {self._primitive() or 'unknown'} ({here})"

    def isa(self) -> str:
        """From the implementation's name; ``gemm_api`` has none and goes by the CPU's features."""
        name = self._primitive().partition(":")[2]
        if name.startswith(("avx", "sse")):
            return name.replace("_core", "").replace("_", "")
        return int8_isa()

    def _primitive(self) -> str:
        """Such as ``matmul brg_matmul:avx512_core_vnni``, or ``gemm_api``."""
        import torch

        def traced() -> None:
            with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON):
                self._one_run()

        _onednn()
        found = re.findall(r"primitive,exec,cpu,(\w+),([^,]*),", printed_by(traced))
        return " ".join(filter(None, found[-1])) if found else ""


def printed_by(function: Callable[[], object]) -> str:
    """What C code prints on standard output while ``function`` runs."""
    kept = os.dup(1)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        try:
            function()
        finally:
            os.dup2(kept, 1)
            os.close(kept)
        file.seek(0)
        return file.read().decode(errors="replace")


@cache
def _onednn() -> tuple[str, str]:
    """Version of the oneDNN inside, and what it takes this CPU for; it prints both but once."""
    import torch

    def traced() -> None:
        ones = torch.ones((2, 2), dtype=torch.int8)
        with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON):
            torch._int_mm(ones, ones)

    text = printed_by(traced)
    version = re.search(r"oneDNN v([\d.]+)", text)
    isa = re.search(r"cpu,isa:(.*)", text)
    return version[1] if version else "unknown", isa[1].strip() if isa else "CPU unknown"


@cache
def onemkl() -> str:
    """The oneMKL inside, as it presents itself with its first call."""
    import torch

    def traced() -> None:
        square = torch.ones((8, 8))
        with torch.backends.mkl.verbose(torch.backends.mkl.VERBOSE_ON):
            square @ square

    words = r"MKL_VERBOSE (oneMKL .*?) (?:Product )?[Bb]uild \d+ (.*?), Lnx"
    found = re.search(words, printed_by(traced))
    return f"{found[1]}, {found[2]}" if found else "oneMKL unknown"


def onemkl_handicap() -> str:
    """oneMKL names the instructions that it has enabled: none on a CPU not made by Intel."""
    return "" if "enabled" in onemkl() else GENERIC_PATH


def quantized_tokens(x: np.ndarray) -> Any:
    """A copy of X, u8 [N, K], as PyTorch's quantised tensor: steps of 1, zero point 0."""
    import torch

    with warnings.catch_warnings(action="ignore"):  # such tensors are deprecated
        return torch._make_per_tensor_quantized_tensor(
            torch.from_numpy(np.array(x, order="C")), 1.0, 0
        )


def quantized_weights(data: GemmData) -> Any:
    """W, s8 [M, K], as PyTorch's quantised tensor with the scales of the epilogue."""
    import torch

    with warnings.catch_warnings(action="ignore"):
        return torch._make_per_channel_quantized_tensor(
            torch.from_numpy(data.weight.to_dense()),
            torch.from_numpy(data.scale.astype(np.float64)),
            torch.zeros(data.problem.m, dtype=torch.int64),
            0,
        )


def _version() -> str:
    import torch

    return torch.__version__
