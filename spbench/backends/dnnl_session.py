"""The part of oneDNN's C API that a GEMM case needs, through ctypes.

A session owns an engine, a stream and every object made with them. Constants are
those of ``dnnl_types.h``, the same in every oneDNN 3.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spbench.backends.calls import prepare_call, replay
from spbench.backends.libraries import Library
from spbench.errors import RunError

if TYPE_CHECKING:
    from spbench.kernels._native.replay import PreparedCall

LIBRARY = Library(
    title="oneDNN",
    variable="SPBENCH_ONEDNN",
    packages=("onednn-cpu-gomp", "onednn"),
    file_names=("libdnnl.so.3", "libdnnl.so"),
    symbols=("dnnl_version", "dnnl_inner_product_forward_primitive_desc_create"),
    install="pip install onednn-cpu-gomp==2023.2.0",
)

DATA_TYPES = {"bf16": 2, "f32": 3, "s32": 4, "s8": 5, "u8": 6}
ARG_SRC, ARG_DST, ARG_WEIGHTS, ARG_BIAS = 1, 17, 33, 41
ARG_WEIGHT_SCALES = 4096 | ARG_WEIGHTS
QUERY_SRC, QUERY_WEIGHTS, QUERY_DST = 129, 131, 133

_CPU_ENGINE = 1
_IN_ORDER = 1
ELTWISE = {"relu": 0x20, "tanh": 0x21, "linear": 0x26, "gelu": 0x31}  # gelu: that of erf
_TAG_ANY = 1
_QUERY_IMPLEMENTATION = 8
_FORWARD_INFERENCE = 96
_FIRST_DIMENSION = 1 << 0
_MAX_DIMENSIONS = 12
# Runtimes whose execute() returns when the work is done; SYCL's returns before.
_RUNTIMES = {1: "sequential", 2: "OpenMP", 4: "TBB"}
_CSR_SYMBOLS = ("dnnl_memory_desc_create_with_csr_encoding", "dnnl_memory_create_v2")
_ISA_AVX2_VNNI, _ISA_AVX512, _ISA_AVX512_VNNI = 0x08, 0x20, 0x40


class _Version(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_int),
        ("minor", ctypes.c_int),
        ("patch", ctypes.c_int),
        ("hash", ctypes.c_char_p),
        ("cpu_runtime", ctypes.c_uint),
        ("gpu_runtime", ctypes.c_uint),
    ]


class _Argument(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_int), ("memory", ctypes.c_void_p)]


@dataclass(frozen=True, eq=False)
class Memory:
    """A buffer as oneDNN knows it: its description, its handle, its bytes."""

    description: ctypes.c_void_p
    handle: ctypes.c_void_p
    buffer: np.ndarray


def open_library() -> tuple[ctypes.CDLL, str]:
    """oneDNN and its version. Raises :class:`RunError` if there is none that can be timed."""
    library = LIBRARY.open()
    library.dnnl_version.restype = ctypes.POINTER(_Version)
    library.dnnl_memory_desc_get_size.restype = ctypes.c_size_t
    library.dnnl_primitive_desc_query_md.restype = ctypes.c_void_p
    library.dnnl_status2str.restype = ctypes.c_char_p
    version = library.dnnl_version().contents
    text = f"{version.major}.{version.minor}.{version.patch}"
    if version.major != 3:
        raise RunError(f"oneDNN {text} found, its version 3 is needed")
    if version.cpu_runtime not in _RUNTIMES:
        raise RunError(
            f"oneDNN {text} found, built for an asynchronous runtime: its calls return before "
            "they are done, so they cannot be timed this way"
        )
    return library, text


def lacks_csr(library: ctypes.CDLL) -> bool:
    """Whether this build has no sparse memory: versions before 3.5 need it switched on."""
    return not all(hasattr(library, symbol) for symbol in _CSR_SYMBOLS)


class Session:
    """An engine and a stream of the CPU; :meth:`close` drops them and all made from them."""

    def __init__(self, threads: int):
        self.library, self.version = open_library()
        self._owned = ExitStack()
        # Each case compiles its own kernels, so that prepare_ns does not depend on what ran before.
        self._check("dnnl_set_primitive_cache_capacity", 0)
        if hasattr(self.library, "omp_set_num_threads"):  # of the OpenMP that oneDNN links to
            self.library.omp_set_num_threads(threads)
        self.engine = self._make("engine", "dnnl_engine_create", _CPU_ENGINE, ctypes.c_size_t(0))
        self.stream = self._make("stream", "dnnl_stream_create", self.engine, _IN_ORDER)

    def close(self) -> None:
        self._owned.close()

    @contextmanager
    def temporary(self) -> Iterator[None]:
        """What is made inside is dropped at the end, not with the session."""
        outer, self._owned = self._owned, ExitStack()
        try:
            yield
        finally:
            self._owned.close()
            self._owned = outer

    def plain(self, shape: tuple[int, ...], dtype: str, strides: tuple[int, ...]) -> Any:
        """Description of a matrix or vector with the given strides, in elements."""
        return self._make(
            "memory_desc",
            "dnnl_memory_desc_create_with_strides",
            len(shape),
            _dimensions(shape),
            DATA_TYPES[dtype],
            _dimensions(strides),
        )

    def any_layout(self, shape: tuple[int, int], dtype: str) -> Any:
        """Description of a matrix whose layout the library chooses."""
        return self._make(
            "memory_desc",
            "dnnl_memory_desc_create_with_tag",
            len(shape),
            _dimensions(shape),
            DATA_TYPES[dtype],
            _TAG_ANY,
        )

    def csr(self, shape: tuple[int, int], nonzeros: int) -> Any:
        """Description of a matrix of single f32 weights, with s32 indices."""
        return self._make(
            "memory_desc",
            "dnnl_memory_desc_create_with_csr_encoding",
            len(shape),
            _dimensions(shape),
            DATA_TYPES["f32"],
            ctypes.c_int64(nonzeros),
            DATA_TYPES["s32"],
            DATA_TYPES["s32"],
        )

    def matmul(self, source: Any, weights: Any, target: Any) -> Any:
        """Description of target[M, N] = source[M, K] . weights[K, N]."""
        return self._make(
            "primitive_desc",
            "dnnl_matmul_primitive_desc_create",
            self.engine,
            source,
            weights,
            None,
            target,
            None,
        )

    def channel_scales(self, then: Sequence[tuple[str, float, float]] = ()) -> Any:
        """Attributes of a product whose weights have a scale each output channel.

        The scales are given at each execution, as ``ARG_WEIGHT_SCALES``. ``then`` are functions
        of ``ELTWISE`` that each result passes, in order, with their alpha and beta.
        """
        attributes = self._make("primitive_attr", "dnnl_primitive_attr_create")
        function = "dnnl_primitive_attr_set_scales_mask"
        self._check(function, attributes, ARG_WEIGHTS, _FIRST_DIMENSION)
        if then:
            operations = self._make("post_ops", "dnnl_post_ops_create")
            for name, alpha, beta in then:
                numbers = ctypes.c_float(alpha), ctypes.c_float(beta)
                self._check("dnnl_post_ops_append_eltwise", operations, ELTWISE[name], *numbers)
            self._check("dnnl_primitive_attr_set_post_ops", attributes, operations)
        return attributes

    def inner_product(
        self, source: Any, weights: Any, target: Any, bias: Any = None, attributes: Any = None
    ) -> Any:
        """Description of target[N, M] = source[N, K] . weights[M, K]^T (+ bias[M])."""
        return self._make(
            "primitive_desc",
            "dnnl_inner_product_forward_primitive_desc_create",
            self.engine,
            _FORWARD_INFERENCE,
            source,
            weights,
            bias,
            target,
            attributes,
        )

    def primitive(self, description: Any) -> Any:
        return self._make("primitive", "dnnl_primitive_create", description)

    def layout_of(self, primitive_description: Any, query: int) -> ctypes.c_void_p:
        """Description of an operand (QUERY_...) as the library has chosen it."""
        found = self.library.dnnl_primitive_desc_query_md(primitive_description, query, 0)
        return ctypes.c_void_p(found)

    def implementation_of(self, primitive_description: Any) -> str:
        text = ctypes.c_char_p()
        self._check(
            "dnnl_primitive_desc_query",
            primitive_description,
            _QUERY_IMPLEMENTATION,
            0,
            ctypes.byref(text),
        )
        return text.value.decode()

    def size_of(self, description: Any) -> int:
        """Bytes of a matrix so described."""
        return self.library.dnnl_memory_desc_get_size(description)

    def allocate(self, description: Any) -> Memory:
        """Memory for a matrix so described, on a cache line."""
        from spbench.kernels.memory import aligned_empty

        buffer = aligned_empty(self.size_of(description), np.uint8)
        buffer[...] = 0  # its pages exist from now on
        return self.wrap(description, buffer)

    def vector(self, values: np.ndarray) -> Memory:
        """Memory that holds a copy of ``values``, f32 [M]."""
        memory = self.allocate(self.plain(values.shape, "f32", (1,)))
        memory.buffer.view(np.float32)[...] = values
        return memory

    def wrap(self, description: Any, buffer: np.ndarray) -> Memory:
        """``buffer`` as memory of oneDNN, which must not outlive it."""
        address = ctypes.c_void_p(buffer.ctypes.data)
        handle = self._make("memory", "dnnl_memory_create", description, self.engine, address)
        return Memory(description, handle, buffer)

    def wrap_csr(self, description: Any, arrays: tuple[np.ndarray, ...]) -> Memory:
        """A CSR matrix as memory of oneDNN: values, columns, starts of the rows; kept as it is."""
        addresses = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        function = "dnnl_memory_create_v2"
        handle = self._make("memory", function, description, self.engine, len(arrays), addresses)
        return Memory(description, handle, arrays[0])

    def same(self, one: Any, other: Any) -> bool:
        """Whether two descriptions mean the same bytes."""
        return bool(self.library.dnnl_memory_desc_equal(one, other))

    def reorder_primitive(self, source: Any, target: Any) -> Any:
        """Copies a matrix of one layout into another; both are descriptions."""
        description = self._make(
            "primitive_desc",
            "dnnl_reorder_primitive_desc_create",
            source,
            self.engine,
            target,
            self.engine,
            None,
        )
        return self.primitive(description)

    def bind(self, primitive: Any, memories: dict[int, Memory]) -> PreparedCall:
        """The execution of a primitive as a prepared call; ARG_... -> memory."""
        pairs = [_Argument(argument, memory.handle) for argument, memory in memories.items()]
        arguments = (_Argument * len(pairs))(*pairs)
        address = ctypes.addressof(arguments)
        return prepare_call(
            self.library.dnnl_primitive_execute,
            (primitive.value, self.stream.value, len(pairs), address),
            keep=(arguments, memories),
        )

    def reorder(self, source: Memory, target: Memory) -> None:
        """Copy a matrix from one layout into another, once."""
        with self.temporary():
            primitive = self.reorder_primitive(source.description, target.description)
            replay(self.bind(primitive, {ARG_SRC: source, ARG_DST: target}), 1)

    def has_vnni(self) -> bool:
        """Whether u8 x s8 is summed in 32 bits at once, so that nothing saturates."""
        isa = self.library.dnnl_get_effective_cpu_isa()
        return bool(isa & (_ISA_AVX2_VNNI | _ISA_AVX512_VNNI))

    def has_avx512(self) -> bool:
        return bool(self.library.dnnl_get_effective_cpu_isa() & _ISA_AVX512)

    def _make(self, kind: str, function: str, *arguments: Any) -> ctypes.c_void_p:
        made = ctypes.c_void_p()
        self._check(function, ctypes.byref(made), *arguments)
        self._owned.callback(getattr(self.library, f"dnnl_{kind}_destroy"), made)
        return made

    def _check(self, function: str, *arguments: Any) -> None:
        status = getattr(self.library, function)(*arguments)
        if status != 0:
            reason = self.library.dnnl_status2str(status).decode()
            raise RunError(f"oneDNN {self.version}: {function} failed: {reason}")


def _dimensions(values: tuple[int, ...]) -> ctypes.Array:
    return (ctypes.c_int64 * _MAX_DIMENSIONS)(*values)
