"""What can run a whole encoder: one file each, loaded when first used.

    base.py               the contract
    own.py                spbench's engine; and the same on unpruned weights, the control experiment
    onnx_graph.py         the ONNX model that the next three are given
    onnx_runtime.py       ONNX Runtime, f32 and static int8
    openvino_model.py     OpenVINO, static int8
    deepsparse_model.py   DeepSparse, static int8, in an interpreter that the user names
    torch_model.py        PyTorch with transformers' model: f32, bf16, dynamic int8

To add one, write its file and a line in ``REGISTRY``. A runtime of your own needs no line:
wherever a runtime's name is asked for, ``module:Class`` will do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spbench.backends import find_class

if TYPE_CHECKING:
    from spbench.backends.runtimes.base import Runtime

REGISTRY = {
    "spbench": "spbench.backends.runtimes.own:Own",
    "spbench-dense": "spbench.backends.runtimes.own:OwnDense",
    "onnxruntime-int8": "spbench.backends.runtimes.onnx_runtime:OnnxRuntimeInt8",
    "openvino-int8": "spbench.backends.runtimes.openvino_model:OpenVinoInt8",
    "deepsparse": "spbench.backends.runtimes.deepsparse_model:DeepSparse",
    "torch-int8-dynamic": "spbench.backends.runtimes.torch_model:TorchInt8Dynamic",
    "torch-bf16": "spbench.backends.runtimes.torch_model:TorchBf16",
    "onnxruntime-f32": "spbench.backends.runtimes.onnx_runtime:OnnxRuntimeF32",
    "torch-f32": "spbench.backends.runtimes.torch_model:TorchF32",
}

OWN = ("spbench", "spbench-dense")
"""Those that are spbench's engine, so no rivals of each other."""


def require_known(name: str) -> None:
    """Raises :class:`InputError` unless ``name`` is registered or a ``module:Class`` to be found."""
    if name not in REGISTRY:
        runtime_class(name)


def runtime_class(name: str) -> type[Runtime]:
    """The class behind ``name``. Raises :class:`InputError` if there is none."""
    from spbench.backends.runtimes.base import Runtime

    return find_class(name, REGISTRY, Runtime, "runtime", ("name", "title", "dtype"))
