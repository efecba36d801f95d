# distutils: language = c++
# cython: language_level=3
"""Prepared calls: a C function and its arguments, replayed in a compiled loop without the GIL.

    call = PreparedCall.foreign("cblas_sgemv", address, arguments, keep=(w, x, y))
    wall_ns, cpu_ns = time_calls(call, 1000)

The signatures known are listed in ``cython_kernels/replay/signatures.inc``.
"""

from libc.stdint cimport int64_t, uintptr_t
from libcpp.memory cimport unique_ptr
from libcpp.string cimport string
from libcpp.utility cimport move
from libcpp.vector cimport vector


cdef extern from "replay/replay.h" namespace "spbench::replay" nogil:
    cdef union Argument:
        int64_t integer
        double real

    cdef cppclass BoundCall "spbench::replay::PreparedCall":
        pass

    cdef struct Signature:
        const char* name
        const char* kinds
        unique_ptr[BoundCall] (*bind)(uintptr_t function, const Argument* arguments) except +

    cdef struct Timing:
        int64_t wall_ns
        int64_t cpu_ns
        int64_t status

    const Signature* find_signature(const string& name) noexcept
    string signature_names() except +
    Timing c_time_calls "spbench::replay::time_calls"(const BoundCall& call, int64_t count) except +

cdef extern from "replay/process_cpu_clock.h" namespace "spbench::replay" nogil:
    cdef cppclass ProcessCpuClock:
        void list_threads() except +
        int64_t now_ns() noexcept


cdef class PreparedCall:
    """A C function with its arguments bound, made by :meth:`native` or :meth:`foreign`.

    ``keep`` is any object that owns what the addresses point to; it lives as
    long as the call does.
    """

    cdef unique_ptr[BoundCall] call
    cdef readonly str signature
    cdef object keep

    def __init__(self):
        raise TypeError("make it with PreparedCall.native or PreparedCall.foreign")

    @staticmethod
    def native(function_address, context_address, keep=None):
        """Bind ``void f(void* context)``. Raises ValueError for a null function."""
        return PreparedCall.foreign("context", function_address, (context_address,), keep)

    @staticmethod
    def foreign(str signature, function_address, tuple arguments, keep=None):
        """Bind a function of one of the known C signatures.

        Addresses are ints (0 is NULL). A struct passed by value is given by
        its address and copied. Raises ValueError for an unknown signature, a
        null function, a wrong number of arguments or a value out of range,
        TypeError for an argument of the wrong type.
        """
        cdef const Signature* found = find_signature(signature.encode())
        if found == NULL:
            known = signature_names().decode()
            raise ValueError(f"unknown signature {signature!r}; known: {known}")
        if not function_address:
            raise ValueError(f"{signature}: the function's address is null")
        kinds = found.kinds.decode()
        if len(arguments) != len(kinds):
            raise ValueError(f"{signature} takes {len(kinds)} arguments, got {len(arguments)}")
        cdef vector[Argument] values
        for position, (kind, value) in enumerate(zip(kinds, arguments), 1):
            values.push_back(to_argument(kind, value, f"{signature}, argument {position}"))
        cdef PreparedCall prepared = PreparedCall.__new__(PreparedCall)
        prepared.call = move(found.bind(<uintptr_t>function_address, values.data()))
        prepared.signature = signature
        prepared.keep = keep
        return prepared


cdef Argument to_argument(str kind, value, str where) except *:
    cdef Argument argument
    if kind == "f":
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{where}: a float is needed, got {type(value).__name__}")
        argument.real = value
        return argument
    if isinstance(value, bool) or not isinstance(value, int):
        needed = "an int" if kind == "i" else "an address (an int)"
        raise TypeError(f"{where}: {needed} is needed, got {type(value).__name__}")
    if kind == "i" and not -2**31 <= value < 2**31:
        raise ValueError(f"{where}: {value} does not fit a C int")
    if kind == "p" and not 0 <= value < 2**63:
        raise ValueError(f"{where}: {value} is no address")
    if kind == "s" and not 0 < value < 2**63:
        raise ValueError(f"{where}: {value} is no address of a struct")
    argument.integer = value
    return argument


def time_calls(PreparedCall call not None, int64_t count):
    """Replay ``call`` ``count`` times; return (wall_ns, cpu_ns), both of the whole loop.

    ``cpu_ns`` counts every thread of the process. Raises ValueError for a
    count below 1, and RuntimeError with the first nonzero status if the
    function returned one.
    """
    if count < 1:
        raise ValueError(f"count {count}: at least one call is needed")
    cdef Timing timing
    with nogil:
        timing = c_time_calls(call.call.get()[0], count)
    if timing.status != 0:
        raise RuntimeError(f"{call.signature} returned status {timing.status}")
    return timing.wall_ns, timing.cpu_ns


def process_cpu_ns():
    """CPU time of this process in ns, all threads, those included that run at this moment.

    ``time.process_time_ns`` counts a thread on another core as of its last tick.
    """
    cdef ProcessCpuClock clock
    clock.list_threads()
    return clock.now_ns()
