"""Libraries that can run a GEMM case: one file each, loaded when first used.

    base.py            the contract
    own.py             spbench's kernels
    own_dense.py       spbench's kernels with nothing skipped; they run where they are named
    own_float.py       spbench's kernels for f32 and bf16; they run where they are named
    onednn.py          oneDNN, dense int8
    onednn_float.py    oneDNN, dense f32 and bf16
    onednn_csr.py      oneDNN, CSR f32
    onemkl.py          oneMKL, f32: dense, CSR, BSR
    onemkl_low_precision.py  oneMKL, dense int8 and bf16
    libxsmm_spmdm.py   LIBXSMM 1.x, CSR f32
    libxsmm_bcsc.py    LIBXSMM 2.x, block-sparse int8, bf16, f32
    tvm_bsr.py         TVM, block-sparse f32 and int8; its loops in tvm_schedules.py
    numpy_dense.py     NumPy's BLAS, dense f32
    scipy_csr.py       SciPy, CSR f32
    torch_int_mm.py    PyTorch, dense int8: its plain integer product
    torch_qlinear.py   PyTorch, dense int8: the layer of its quantised models
    torch_fbgemm.py    PyTorch, block-sparse int8: FBGEMM, 1x4 blocks
    torch_sparse.py    PyTorch, CSR and BSR f32
    onnx_runtime.py    ONNX Runtime, dense int8
    openvino_dense.py  OpenVINO, dense int8

To add one, write its file and a line in ``REGISTRY``. A backend of your own needs no
line: wherever a backend's name is asked for, ``module:Class`` will do.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from spbench.errors import InputError

if TYPE_CHECKING:
    from spbench.backends.base import Backend

REGISTRY = {
    "spbench": "spbench.backends.own:Own",
    "onednn": "spbench.backends.onednn:OneDnn",
    "onemkl-dense": "spbench.backends.onemkl:OneMklDense",
    "onemkl-csr": "spbench.backends.onemkl:OneMklCsr",
    "onemkl-bsr": "spbench.backends.onemkl:OneMklBsr",
    "numpy": "spbench.backends.numpy_dense:NumpyDense",
    "scipy-csr": "spbench.backends.scipy_csr:ScipyCsr",
    "spbench-dense": "spbench.backends.own_dense:OwnDense",
    "spbench-f32": "spbench.backends.own_float:OwnF32",
    "spbench-bf16": "spbench.backends.own_float:OwnBf16",
    "torch-int-mm": "spbench.backends.torch_int_mm:TorchIntMm",
    "torch-qlinear": "spbench.backends.torch_qlinear:TorchQlinear",
    "torch-fbgemm-1x4": "spbench.backends.torch_fbgemm:TorchFbgemm",
    "torch-csr": "spbench.backends.torch_sparse:TorchCsr",
    "torch-bsr": "spbench.backends.torch_sparse:TorchBsr",
    "onnxruntime": "spbench.backends.onnx_runtime:OnnxRuntime",
    "openvino": "spbench.backends.openvino_dense:OpenVino",
    "onednn-f32": "spbench.backends.onednn_float:OneDnnF32",
    "onednn-bf16": "spbench.backends.onednn_float:OneDnnBf16",
    "onednn-csr": "spbench.backends.onednn_csr:OneDnnCsr",
    "onemkl-int8": "spbench.backends.onemkl_low_precision:OneMklInt8",
    "onemkl-int8-packed": "spbench.backends.onemkl_low_precision:OneMklInt8Packed",
    "onemkl-bf16": "spbench.backends.onemkl_low_precision:OneMklBf16",
    "libxsmm-spmdm": "spbench.backends.libxsmm_spmdm:LibxsmmSpmdm",
    "libxsmm-int8": "spbench.backends.libxsmm_bcsc:LibxsmmInt8",
    "libxsmm-bf16": "spbench.backends.libxsmm_bcsc:LibxsmmBf16",
    "libxsmm-f32": "spbench.backends.libxsmm_bcsc:LibxsmmF32",
    "tvm-bsr-f32": "spbench.backends.tvm_bsr:TvmBsrF32",
    "tvm-bsr-f32-tuned": "spbench.backends.tvm_bsr:TvmBsrF32Tuned",
    "tvm-bsr-int8": "spbench.backends.tvm_bsr:TvmBsrInt8",
}

OWN = ("spbench", "spbench-dense", "spbench-f32", "spbench-bf16")
"""Those that are spbench's own kernels, so no rival of each other."""

DEFAULT_BACKENDS = (
    "spbench",
    "onednn",
    "onemkl-dense",
    "onemkl-csr",
    "onemkl-bsr",
    "numpy",
    "scipy-csr",
)
"""What a sweep runs unless it is told: what `make demo` installs; the others where named."""


def require_known(name: str) -> None:
    """Raises :class:`InputError` unless ``name`` is registered or a ``module:Class`` to be found.

    A registered module is not imported; a user's own is, for nothing else shows what it holds.
    """
    if name not in REGISTRY:
        backend_class(name)


def backend_class(name: str) -> type[Backend]:
    """The class behind ``name`` (as in ``REGISTRY``, or ``module:Class``).

    Raises :class:`InputError` if there is none.
    """
    from spbench.backends.base import Backend

    return find_class(name, REGISTRY, Backend, "backend", ("name", "title", "dtype", "sparse"))


def find_class(
    name: str, registry: Mapping[str, str], base: type, kind: str, needed: Sequence[str]
) -> Any:
    """The class that ``registry`` has under ``name``, or that a user's ``module:Class`` means.

    A user's must be made from ``base`` and have the attributes ``needed``; ``kind`` is what the
    error calls it. Raises :class:`InputError`.
    """
    module, _, attribute = registry.get(name, name).partition(":")
    if name in registry:
        return getattr(importlib.import_module(module), attribute)
    unknown = f"unknown {kind} {name!r}"
    choices = f"choose from {', '.join(registry)}"
    if not (attribute and all(part.isidentifier() for part in module.split("."))):
        raise InputError(f"{unknown}: {choices}")
    found = getattr(_import(module, f"{kind} {name!r}"), attribute, None)
    if not (isinstance(found, type) and issubclass(found, base)):
        why = f"{attribute} in {module} is no class made from {base.__name__}"
        raise InputError(f"{unknown} ({why}): {choices}")
    missing = [word for word in needed if not hasattr(found, word)]
    missing += sorted(found.__abstractmethods__)
    if missing:
        raise InputError(f"{kind} {name!r}: it lacks {', '.join(missing)}")
    return found


def _import(module: str, what: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:  # a user's code: whatever it raises is the answer
        raise InputError(f"{what}: {_why_not(error, module)}") from error


def _why_not(error: BaseException, module: str) -> str:
    if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
        return f"no module {module}"
    return f"{type(error).__name__}: {error}"
