// bf16 in AVX512_BF16, as block_rows.h asks for it: lines of two channels are interleaved, so
// that a dword holds one token's two channels (include/panels_bf16.h).
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "spmm_float/block_rows.h"
#include "spmm_float/epilogue.h"

namespace {

struct Bf16Avx512 {
  typedef __m512 Sum;
  typedef __m512i Operand;
  static constexpr int kLanes = 16, kChannels = 2;

  SPBENCH_INLINE __m512 zero() { return _mm512_setzero_ps(); }

  SPBENCH_INLINE __m512 add(__m512 a, __m512 b) { return _mm512_add_ps(a, b); }

  template <int kWidth, int kRegisters, class Channel>
  SPBENCH_INLINE void load(const void* x, const Channel* channel, int token,
                           __m512i operand[kRegisters]) {
    const uint16_t* words = static_cast<const uint16_t*>(x) + token;
    const uint16_t* a = words + int64_t{kWidth} * channel[0];
    const uint16_t* b = words + int64_t{kWidth} * channel[1];
    if constexpr (kRegisters == 1) {  // lines of half a register, in token order
      const __m512i alternately = _mm512_set_epi16(
          47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8,  //
          39, 7, 38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
      operand[0] = _mm512_permutex2var_epi16(
          _mm512_castsi256_si512(_mm256_load_si256((const __m256i*)a)), alternately,
          _mm512_castsi256_si512(_mm256_load_si256((const __m256i*)b)));
    } else {
      for (int j = 0; j < kRegisters; j += 2) {
        const __m512i line_a = _mm512_load_si512(a + 16 * j);
        const __m512i line_b = _mm512_load_si512(b + 16 * j);
        operand[j] = _mm512_unpacklo_epi16(line_a, line_b);
        operand[j + 1] = _mm512_unpackhi_epi16(line_a, line_b);
      }
    }
  }

  // A pair of weights: one dword.
  SPBENCH_INLINE __m512i weight(const void* weights, int64_t index) {
    return _mm512_set1_epi32(static_cast<const int32_t*>(weights)[index]);
  }

  SPBENCH_INLINE __m512 multiply_add(__m512 sum, __m512i x, __m512i w) {
    return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)w);
  }

  template <int kWidth, int kRegisters>
  SPBENCH_INLINE void store(const spmm_float_args* args, int64_t m, int token,
                            const __m512 sum[kRegisters]) {
    if (args->output == SPMM_FLOAT_BF16) {
      store_bf16<kWidth, kRegisters>(args, m, token, sum);
    } else {
      store_f32<kWidth, kRegisters>(args, m, token, sum);
    }
  }
};

}  // namespace
