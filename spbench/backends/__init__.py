"""Libraries that can run a GEMM case: one file each, loaded when first used.

    base.py            the contract
    own.py             spbench's kernels
    onednn.py          oneDNN, dense int8
    onemkl.py          oneMKL, f32: dense, CSR, BSR
    numpy_dense.py     NumPy's BLAS, dense f32
    scipy_csr.py       SciPy, CSR f32

To add one, write its file and a line in ``REGISTRY``. A backend of your own needs no
line: wherever a backend's name is asked for, ``module:Class`` will do.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

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
}


def require_known(name: str) -> None:
    """Raises :class:`InputError` unless ``name`` is registered or a ``module:Class`` to be found.

    The module itself is not imported.
    """
    if name in REGISTRY:
        return
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise InputError(f"unknown backend {name!r}: choose from {', '.join(REGISTRY)}")
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise InputError(f"backend {name!r}: no module {module}")


def backend_class(name: str) -> type[Backend]:
    """The class behind ``name`` (as in ``REGISTRY``, or ``module:Class``).

    Raises :class:`InputError` if there is none.
    """
    require_known(name)
    module, _, attribute = REGISTRY.get(name, name).partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except AttributeError as error:
        raise InputError(f"backend {name!r}: {error}") from error
