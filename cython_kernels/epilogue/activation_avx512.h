// scale * activation(v) + bias of 16 values in a register, AVX-512F + DQ (include/epilogue.h).
//
//   ReLU     max(0, v)
//   GELU     v (1 + erf(v / sqrt 2)) / 2 = max(0, v) + g(|v|)     g: parabolas on 16 segments of 1/4
//   tanh     sign(v) t(|v|)                                       t: cubics on 16 segments of 1/2
//
// 16 segments, so that a register holds a coefficient of all of them, and a vpermps finds those of
// 16 values by the last bits of |v| + 1.5 * 2^21, which are its quarters. The output's scale is
// multiplied into the coefficients beforehand. One polynomial for |v| < 3.75 would need degree 9
// for the same error: multiply-adds take the pipes of vpdpbusd, all else here finds others.
//
//   error of GELU: 6.4e-5, beyond |v| = 3.75 1.4e-4 (and 3.5e-5 |v|); of tanh: 8.4e-5
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake    GELU  tanh
//   vrangeps: min(|v|, limit)                          3, 1 (FP2 FP3)       4, 1 (p0)      1     1
//   vaddps, rounded down                               3, 1 (FP2 FP3)       4, 1 (p0)      1   1 + 1
//   vpermps zmm                                        5, 1 (FP1 FP2)       3, 1 (p5)      3     4
//   vmaxps                                             2, 1 (FP2 FP3)       4, 1 (p0)      1
//   vfmadd zmm                                         4, 1 (FP0 FP1)       4, 1 (p0)      3     3
//   vpternlogd                                         1, 2                 1, 1                 1
//
// (vpermt2ps, which would choose among 32 segments, costs as much as 0.9 vpdpbusd on Zen 4.)
#pragma once

#include <immintrin.h>

#include "epilogue/segments.h"
#include "inline.h"

namespace {

// min(|v|, limit): infinities end here.
SPBENCH_INLINE __m512 magnitude(__m512 value, float limit) {
  return _mm512_range_ps(value, _mm512_set1_ps(limit), 0x0a);
}

// The number of a's segment in the last four bits. one: a number whose last bit is worth a step.
SPBENCH_INLINE __m512i segment_of(__m512 a, float one) {
  return _mm512_castps_si512(
      _mm512_add_round_ps(a, _mm512_set1_ps(one), _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
}

SPBENCH_INLINE __m512 scaled_row(const float* row, __m512 scale) {
  return _mm512_mul_ps(_mm512_load_ps(row), scale);
}

struct NoActivation {
  __m512 scale, bias;

  __attribute__((always_inline)) NoActivation(__m512 scale, __m512 bias)
      : scale(scale), bias(bias) {}

  __attribute__((always_inline)) __m512 operator()(__m512 value) const {
    return _mm512_fmadd_ps(value, scale, bias);
  }
};

struct Relu {
  __m512 scale, bias;

  __attribute__((always_inline)) Relu(__m512 scale, __m512 bias) : scale(scale), bias(bias) {}

  __attribute__((always_inline)) __m512 operator()(__m512 value) const {
    return _mm512_fmadd_ps(_mm512_max_ps(value, _mm512_setzero_ps()), scale, bias);
  }
};

struct Gelu {
  __m512 scale, c0, c1, c2;

  __attribute__((always_inline)) Gelu(__m512 scale, __m512 bias)
      : scale(scale),
        c0(_mm512_fmadd_ps(_mm512_load_ps(SPBENCH_GELU_SEGMENTS[0]), scale, bias)),
        c1(scaled_row(SPBENCH_GELU_SEGMENTS[1], scale)),
        c2(scaled_row(SPBENCH_GELU_SEGMENTS[2], scale)) {}

  __attribute__((always_inline)) __m512 operator()(__m512 value) const {
    const __m512 a = magnitude(value, 3.99f);
    const __m512i segment = segment_of(a, 3145728.0f);  // 1.5 * 2^21
    const __m512 slope = _mm512_fmadd_ps(_mm512_permutexvar_ps(segment, c2), a,
                                         _mm512_permutexvar_ps(segment, c1));
    const __m512 tail = _mm512_fmadd_ps(slope, a, _mm512_permutexvar_ps(segment, c0));
    return _mm512_fmadd_ps(_mm512_max_ps(value, _mm512_setzero_ps()), scale, tail);
  }
};

struct Tanh {
  __m512 bias, c0, c1, c2, c3;

  __attribute__((always_inline)) Tanh(__m512 scale, __m512 bias)
      : bias(bias),
        c0(scaled_row(SPBENCH_TANH_SEGMENTS[0], scale)),
        c1(scaled_row(SPBENCH_TANH_SEGMENTS[1], scale)),
        c2(scaled_row(SPBENCH_TANH_SEGMENTS[2], scale)),
        c3(scaled_row(SPBENCH_TANH_SEGMENTS[3], scale)) {}

  __attribute__((always_inline)) __m512 operator()(__m512 value) const {
    const __m512 a = magnitude(value, 7.99f);
    const __m512i segment = segment_of(a, 6291456.0f);  // 1.5 * 2^22
    __m512 t = _mm512_fmadd_ps(_mm512_permutexvar_ps(segment, c3), a,
                               _mm512_permutexvar_ps(segment, c2));
    t = _mm512_fmadd_ps(t, a, _mm512_permutexvar_ps(segment, c1));
    t = _mm512_fmadd_ps(t, a, _mm512_permutexvar_ps(segment, c0));
    const __m512i sign = _mm512_set1_epi32((int)0x80000000u);
    const __m512i sign_and = _mm512_ternarylogic_epi32(  // t ^ (value & sign)
        _mm512_castps_si512(t), _mm512_castps_si512(value), sign, 0x78);
    return _mm512_add_ps(_mm512_castsi512_ps(sign_and), bias);
  }
};

}  // namespace
