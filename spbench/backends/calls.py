"""Timing a library's calls: C functions in a compiled loop, Python functions in Python's."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from spbench.backends.base import Timing
from spbench.errors import RunError

if TYPE_CHECKING:
    from spbench.kernels._native.replay import PreparedCall


def prepare_call(
    function: Any, arguments: tuple[int | float, ...], keep: object = None
) -> PreparedCall:
    """Bind ``function``, taken from a ``ctypes.CDLL``, to its arguments.

    Its name must be a signature in ``cython_kernels/replay/signatures.inc``.
    Addresses are ints, structs by value too; ``keep`` owns what they point to.
    Raises ValueError or TypeError for arguments that do not fit.
    """
    from spbench.kernels._native.replay import PreparedCall

    address = ctypes.cast(function, ctypes.c_void_p).value
    return PreparedCall.foreign(function.__name__, address, arguments, keep)


def prepare_native(call: Any) -> PreparedCall:
    """Bind a call of spbench's own: an object with ``function_address``, ``context_address``."""
    from spbench.kernels._native.replay import PreparedCall

    return PreparedCall.native(call.function_address, call.context_address, keep=call)


def prepare_native_function(function: Any, context: int, keep: object = None) -> PreparedCall:
    """Bind ``void f(void* context)`` to its context; ``function`` is ctypes' or an address."""
    from spbench.kernels._native.replay import PreparedCall

    address = ctypes.cast(function, ctypes.c_void_p).value
    return PreparedCall.native(address, context, keep=keep)


def replay(call: PreparedCall, count: int) -> Timing:
    """Make a prepared call ``count`` times without Python in between.

    Raises :class:`RunError` if the function returned a nonzero status.
    """
    from spbench.kernels._native.replay import time_calls

    try:
        return Timing(count, *time_calls(call, count))
    except RuntimeError as error:
        raise RunError(str(error)) from error


def loop_in_python(function: Callable[[], object], count: int) -> Timing:
    """Call a Python function ``count`` times; the interpreter's share is in the time."""
    from spbench.kernels._native.replay import process_cpu_ns

    cpu_start_ns = process_cpu_ns()
    wall_start_ns = time.perf_counter_ns()
    for _ in range(count):
        function()
    wall_ns = time.perf_counter_ns() - wall_start_ns
    return Timing(count, wall_ns, process_cpu_ns() - cpu_start_ns)
