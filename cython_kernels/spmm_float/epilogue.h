// From f32 sums to stored results, for every instruction set:
//
//   y = max(floor, sum + bias[m])      floor 0: ReLU;  -infinity: nothing
//
// one rounding for the sum and one for bf16 output, to nearest even. A sum that is not a
// number stays so, as in PyTorch: `max` returns its second operand then.
//
//   instruction            latency, per cycle   Zen 4                  Ice Lake
//   vaddps zmm                                  3, 1 (FP2 FP3)         4, 1 (p0; p05)
//   vmaxps zmm                                  2, 1 (FP0 FP1)         4, 1 (p0; p05)
//   vcvtne2ps2bf16 zmm                          4, 1/2                 -
//   vpermq zmm                                  4, 1 (FP1 FP2)         3, 1 (p5)
//
// Two instructions a register once a block row: they hide between multiplications.
#pragma once

#include <stdint.h>
#include <string.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "spmm_float.h"

namespace {

inline float finished(const spmm_float_args& args, int64_t m, float sum) {
  const float value = sum + args.bias[m];
  return value < args.floor ? args.floor : value;
}

// To nearest even. NaN stays NaN: its high bit of mantissa is set before the rest is cut off.
inline uint16_t bf16_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (value != value) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

inline float f32_of(uint16_t bf16) {
  const uint32_t bits = static_cast<uint32_t>(bf16) << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

#ifdef __AVX2__
static inline __attribute__((always_inline)) __m256 finished(const spmm_float_args* args,
                                                             int64_t m, __m256 sum) {
  const __m256 value = _mm256_add_ps(sum, _mm256_set1_ps(args->bias[m]));
  return _mm256_max_ps(_mm256_set1_ps(args->floor), value);
}
#endif

#ifdef __AVX512F__
static inline __attribute__((always_inline)) __m512 finished(const spmm_float_args* args,
                                                             int64_t m, __m512 sum) {
  const __m512 value = _mm512_add_ps(sum, _mm512_set1_ps(args->bias[m]));
  return _mm512_max_ps(_mm512_set1_ps(args->floor), value);
}

// kRegisters registers of 16 sums each, from token `token` of a line on.
template <int kWidth, int kRegisters>
static inline __attribute__((always_inline)) void store_f32(const spmm_float_args* args,
                                                            int64_t m, int token,
                                                            const __m512 sum[kRegisters]) {
  __m512 value[kRegisters];
  for (int j = 0; j < kRegisters; ++j) value[j] = finished(args, m, sum[j]);
  float* line = static_cast<float*>(args->y) + kWidth * m + token;
  for (int j = 0; j < kRegisters; ++j) _mm512_store_ps(line + 16 * j, value[j]);
}
#endif

#ifdef __AVX512BF16__
// The same as bf16, in the order of include/panels_bf16.h: words of two registers by fours.
template <int kWidth, int kRegisters>
static inline __attribute__((always_inline)) void store_bf16(const spmm_float_args* args,
                                                             int64_t m, int token,
                                                             const __m512 sum[kRegisters]) {
  uint16_t* line = static_cast<uint16_t*>(args->y) + kWidth * m + token;
  if constexpr (kRegisters == 1) {
    const __m256bh words = _mm512_cvtneps_pbh(finished(args, m, sum[0]));
    _mm256_store_si256((__m256i*)line, (__m256i)words);
  } else {
    const __m512i by_fours = _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0);
    for (int j = 0; j < kRegisters; j += 2) {
      const __m512bh words =
          _mm512_cvtne2ps_pbh(finished(args, m, sum[j + 1]), finished(args, m, sum[j]));
      _mm512_store_si512(line + 16 * j, _mm512_permutexvar_epi64(by_fours, (__m512i)words));
    }
  }
}
#endif

}  // namespace
