// The limits of this machine, measured: what one core multiplies and reads at best.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// `turns` must be at least 1 everywhere.

// Runs `turns` turns of a loop of vpdpbusd on registers and returns the operations done
// (a multiply and an add counted apart). Needs AVX512_VNNI.
int64_t probe_vpdpbusd_zmm(int64_t turns);

// The same for a fused multiply-add on f32. Needs AVX-512F.
int64_t probe_fma_f32_zmm(int64_t turns);

// The same for vdpbf16ps, two multiplications and additions of bf16 a lane. Needs AVX512_BF16.
int64_t probe_vdpbf16ps_zmm(int64_t turns);

// The same for a multiply and an add on 64-bit integers, in four chains. On any CPU.
int64_t probe_multiply_scalar(int64_t turns);

// Reads `bytes` (a multiple of 1024) `turns` times, in order; returns the bytes read.
int64_t probe_read_zmm(const void* memory, int64_t bytes, int64_t turns);  // needs AVX-512F
int64_t probe_read_scalar(const void* memory, int64_t bytes, int64_t turns);

#ifdef __cplusplus
}
#endif
