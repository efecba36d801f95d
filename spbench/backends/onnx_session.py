"""ONNX Runtime's sessions on the CPU, as products and whole models use them.

Threads look for work for 0.5 ms, as those of the other libraries here (``WorkerProcess``), and
not for as long as the session lives; without any, two threads were measured a tenth slower.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

INSTALL = "pip install 'onnxruntime>=1.32' 'onnx>=1.17'"

_SPIN_US = 500


@dataclass(frozen=True)
class OnnxSession:
    """A model, and arrays that stand for its inputs and outputs by name.

    All graph optimisations are on.
    """

    model: bytes
    threads: int
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]

    def call(self) -> partial:
        """A session is started, which packs the weights; what is returned runs it."""
        return self._bind(self._start())

    def profiled_nodes(self) -> list[dict[str, Any]]:
        """What a run goes through, node by node: ``op_name``, ``provider`` and more."""
        with tempfile.TemporaryDirectory(prefix="spbench-") as folder:
            session = self._start(profile=os.path.join(folder, "profile"))
            self._bind(session)()
            with open(session.end_profiling()) as file:
                events = [event for event in json.load(file) if event.get("cat") == "Node"]
        return [event["args"] for event in events if "op_name" in event["args"]]

    def _start(self, profile: str = "") -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.add_session_config_entry("session.intra_op.spin_duration_us", str(_SPIN_US))
        if profile:
            options.enable_profiling = True
            options.profile_file_prefix = profile
        return onnxruntime.InferenceSession(self.model, options, providers=["CPUExecutionProvider"])

    def _bind(self, session: Any) -> partial:
        binding = session.io_binding()
        for bind, arrays in (
            (binding.bind_input, self.inputs),
            (binding.bind_output, self.outputs),
        ):
            for name, array in arrays.items():
                bind(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
        return partial(session.run_with_iobinding, binding)
