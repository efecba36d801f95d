# cython: language_level=3
"""Thin face of the probes: operations or bytes done in a number of turns."""

from libc.stdint cimport int64_t, uint8_t


cdef extern from "probe/peak.h":
    int64_t probe_vpdpbusd_zmm(int64_t turns) nogil
    int64_t probe_fma_f32_zmm(int64_t turns) nogil
    int64_t probe_read_zmm(const void* memory, int64_t bytes, int64_t turns) nogil
    int64_t probe_read_scalar(const void* memory, int64_t bytes, int64_t turns) nogil


cdef int64_t _checked(int64_t turns) except -1:
    if turns < 1:
        raise ValueError(f"turns must be at least 1, not {turns}")
    return turns


def vpdpbusd_zmm(int64_t turns):
    """Int8 operations done by ``turns`` turns of the register loop. Needs AVX512_VNNI."""
    cdef int64_t done = _checked(turns)
    with nogil:
        done = probe_vpdpbusd_zmm(turns)
    return done


def fma_f32_zmm(int64_t turns):
    """f32 operations done by ``turns`` turns of the register loop. Needs AVX-512F."""
    cdef int64_t done = _checked(turns)
    with nogil:
        done = probe_fma_f32_zmm(turns)
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
