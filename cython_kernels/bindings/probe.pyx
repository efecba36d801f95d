# cython: language_level=3
"""Thin face of the probes: operations or bytes done in a number of turns."""

from libc.stdint cimport int64_t, uint8_t


cdef extern from "probe/peak.h":
    int64_t probe_vpdpbusd_zmm(int64_t turns) nogil
    int64_t probe_fma_f32_zmm(int64_t turns) nogil
    int64_t probe_vdpbf16ps_zmm(int64_t turns) nogil
    int64_t probe_multiply_scalar(int64_t turns) nogil
    int64_t probe_read_zmm(const void* memory, int64_t bytes, int64_t turns) nogil
    int64_t probe_read_scalar(const void* memory, int64_t bytes, int64_t turns) nogil


ctypedef int64_t (*Loop)(int64_t) noexcept nogil

cdef extern from "probe/on_threads.h":
    int64_t probe_on_threads(Loop loop, int64_t turns, int threads) nogil


cdef int64_t _checked(int64_t turns) except -1:
    if turns < 1:
        raise ValueError(f"turns must be at least 1, not {turns}")
    return turns


cdef int64_t _run(Loop loop, int64_t turns, int threads) except -1:
    cdef int64_t done = _checked(turns)
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    with nogil:
        done = probe_on_threads(loop, turns, threads)
    if done < 0:
        raise RuntimeError(f"cannot start {threads} threads")
    return done


def vpdpbusd_zmm(int64_t turns, int threads=1):
    """Int8 operations done by ``turns`` turns of the register loop on each of ``threads`` threads.

    Needs AVX512_VNNI. Raises RuntimeError if the threads cannot be started.
    """
    return _run(probe_vpdpbusd_zmm, turns, threads)


def multiply_scalar(int64_t turns, int threads=1):
    """64-bit integer operations done by ``turns`` turns of a register loop, on any CPU.

    ``threads`` as in :func:`vpdpbusd_zmm`.
    """
    return _run(probe_multiply_scalar, turns, threads)


def fma_f32_zmm(int64_t turns):
    """f32 operations done by ``turns`` turns of the register loop. Needs AVX-512F."""
    cdef int64_t done = _checked(turns)
    with nogil:
        done = probe_fma_f32_zmm(turns)
    return done


def vdpbf16ps_zmm(int64_t turns):
    """bf16 operations done by ``turns`` turns of the register loop. Needs AVX512_BF16."""
    cdef int64_t done = _checked(turns)
    with nogil:
        done = probe_vdpbf16ps_zmm(turns)
    return done


def read_zmm(const uint8_t[::1] memory, int64_t turns):
    """Bytes read by ``turns`` passes over ``memory`` (multiple of 1024). Needs AVX-512F."""
    if memory.shape[0] == 0 or memory.shape[0] % 1024:
        raise ValueError("memory must be a positive multiple of 1024 bytes")
    cdef int64_t done = _checked(turns)
    with nogil:
        done = probe_read_zmm(&memory[0], memory.shape[0], turns)
    return done


def read_scalar(const uint8_t[::1] memory, int64_t turns):
    """Bytes read by ``turns`` passes over ``memory`` (multiple of 1024), on any CPU."""
    if memory.shape[0] == 0 or memory.shape[0] % 1024:
        raise ValueError("memory must be a positive multiple of 1024 bytes")
    cdef int64_t done = _checked(turns)
    with nogil:
        done = probe_read_scalar(&memory[0], memory.shape[0], turns)
    return done
