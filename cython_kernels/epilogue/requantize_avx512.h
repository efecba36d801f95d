// From s32 sums in a register to neighbouring elements of a vector, AVX-512F + BW.
//
//   f32:  scale[m] * sum + bias[m]        one fused multiply-add
//   u8:   the same, to nearest even, saturated to 0 .. 255;  s8: to -128 .. 127
//
//   instruction          latency, throughput per cycle   Zen 4      Ice Lake
//   vcvtdq2ps                                            3, 1       4, 1
//   vfmadd213ps                                          4, 1       4, 1
//   vminps                                               2, 1       4, 1
//   vcvtps2dq                                            3, 1       4, 1
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "inline.h"
#include "spmv.h"

// To s32, still to be saturated to bytes: vcvtps2dq turns floats past 2^31 into the most negative
// integer, so large values are cut first.
SPBENCH_INLINE __m512i requantize16(__m512i sum, __m512 scale, __m512 bias) {
  const __m512 value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, bias);
  return _mm512_cvtps_epi32(_mm512_min_ps(value, _mm512_set1_ps(32767.0f)));
}

// Up to 16 neighbouring elements of a vector, y[m] .. y[m + count - 1], from one register.
SPBENCH_INLINE void store_elements(const struct spmv_args* args, int64_t m, int count,
                                   __m512i sums) {
  const __mmask16 held = (__mmask16)((1u << count) - 1);
  if (args->output == SPBENCH_S32) {
    _mm512_mask_storeu_epi32((int32_t*)args->y + m, held, sums);
    return;
  }
  const __m512 scale = _mm512_maskz_loadu_ps(held, args->scale + m);
  const __m512 bias = _mm512_maskz_loadu_ps(held, args->bias + m);
  if (args->output == SPBENCH_F32) {
    _mm512_mask_storeu_ps((float*)args->y + m, held,
                          _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), scale, bias));
    return;
  }
  const __m512i q = requantize16(sums, scale, bias);
  if (args->output == SPBENCH_S8) {
    _mm512_mask_cvtsepi32_storeu_epi8((int8_t*)args->y + m, held, q);
  } else {
    _mm512_mask_cvtusepi32_storeu_epi8((uint8_t*)args->y + m, held,
                                       _mm512_max_epi32(q, _mm512_setzero_si512()));
  }
}
