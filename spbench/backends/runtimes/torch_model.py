"""PyTorch with transformers' own model of the folder: SDPA attention, inference mode.

f32; bf16, weights and activations; dynamic int8, where each linear layer quantises its input anew
(``torch.ao.quantization.quantize_dynamic``). Eager, as most people run it.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from spbench.backends.base import Timing
from spbench.backends.runtimes.base import Availability, Runtime, RuntimeModel, described_by
from spbench.backends.torch_library import onemkl, onemkl_handicap

INSTALL = "pip install torch==2.13.0 transformers"


class TorchF32(Runtime):
    """``AutoModel.from_pretrained`` and a call."""

    name = "torch-f32"
    title = "PyTorch f32"
    dtype = "f32"
    torch_type = "float32"

    @classmethod
    def available(cls) -> Availability:
        return described_by(_version, "PyTorch with transformers", INSTALL)

    def convert(self, model: RuntimeModel) -> None:
        """It reads the folder as it is."""
        self._folder = model.folder
        self._has_pooler_option = model.encoder.config.family != "distilbert"

    def load(self, ids: np.ndarray, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self._ids = torch.from_numpy(np.array(ids, np.int64))
        with warnings.catch_warnings(action="ignore"), torch.inference_mode():
            self._model = self._prepared(self._read())

    def _read(self) -> Any:
        import torch
        import transformers

        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        options = {"add_pooling_layer": False} if self._has_pooler_option else {}
        model = transformers.AutoModel.from_pretrained(
            str(self._folder),
            local_files_only=True,
            attn_implementation="sdpa",
            dtype=getattr(torch, self.torch_type),
            **options,
        )
        return model.eval()

    def _prepared(self, model: Any) -> Any:
        return model

    def run(self, count: int) -> Timing:
        import torch

        with torch.inference_mode():
            return super().run(count)

    def call(self) -> object:
        self._hidden = self._model(input_ids=self._ids).last_hidden_state
        return self._hidden

    def result(self) -> np.ndarray:
        return self._hidden.float().numpy()

    def implementation(self) -> str:
        return f"{_version()}, {onemkl()}"

    def handicaps(self) -> str:
        return onemkl_handicap()

    def release(self) -> None:
        self._model = self._ids = self._hidden = None


class TorchBf16(TorchF32):
    """oneDNN multiplies."""

    name = "torch-bf16"
    title = "PyTorch bf16"
    dtype = "bf16"
    torch_type = "bfloat16"

    def implementation(self) -> str:
        return f"{_version()}, oneDNN"

    def handicaps(self) -> str:
        from spbench.kernels._native import spmm

        has_bf16 = {"avx512bf16", "amx_bf16"} & set(spmm.cpu_features())
        return "" if has_bf16 else "no bf16 instructions, so converted to f32"


class TorchInt8Dynamic(TorchF32):
    """Linear layers in int8; the rest stays f32."""

    name = "torch-int8-dynamic"
    title = "PyTorch dynamic int8"
    dtype = "int8"

    def _prepared(self, model: Any) -> Any:
        import torch

        return torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)

    def implementation(self) -> str:
        import torch

        return f"{_version()}, quantised engine {torch.backends.quantized.engine}"

    def handicaps(self) -> str:
        return ""


def _version() -> str:
    import torch
    import transformers

    return f"torch {torch.__version__}, transformers {transformers.__version__}"
