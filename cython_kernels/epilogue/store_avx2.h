// From s32 sums in registers of eight to one line of Y, AVX2 + FMA (include/epilogue.h).
//
//   f32:  scale[m] * sum + bias[m]        one fused multiply-add
//   u8:   the same, to nearest even, saturated to 0 .. 255;  s8: to -128 .. 127
//
// All else (activations, residual, offsets, token scales) goes token by token through the scalar
// code (epilogue/store_scalar.h): right, not fast.
//
//   instruction          latency, throughput per cycle   Zen 4      Ice Lake
//   vcvtdq2ps ymm                                        3, 2       4, 2
//   vfmadd213ps ymm                                      4, 2       4, 2
//   vminps ymm                                           2, 2       4, 2
//   vcvtps2dq ymm                                        3, 2       4, 2
//   vpackssdw, vpackuswb ymm                             1, 2       1, 1
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/store_scalar.h"
#include "inline.h"
#include "spmm.h"

namespace {

// To s32 within what vpackssdw saturates rightly: vcvtps2dq turns floats past 2^31
// into the most negative integer, so large values are cut first.
SPBENCH_INLINE __m256i round_narrow(__m256 value) {
  return _mm256_cvtps_epi32(_mm256_min_ps(value, _mm256_set1_ps(32767.0f)));
}

SPBENCH_INLINE __m256i pack_words(__m256i low, __m256i high, bool is_signed) {
  return is_signed ? _mm256_packs_epi16(low, high) : _mm256_packus_epi16(low, high);
}

// Columns kFirst .. of a line of bytes: q[2 j], q[2 j + 1] hold the rounded values of tokens
// 16 (kFirst + j) .. of the panel. Four L of column j stands at byte 4 J L + 4 j, J columns a line.
template <int kWidth, int kFirst, int kCount>
SPBENCH_INLINE void store_bytes(int8_t* line, const __m256i q[2 * kCount], bool is_signed) {
  constexpr int kStep = kWidth / 4;
  if constexpr (kCount == 2) {  // eight neighbouring bytes for each L
    const __m256i words02 = _mm256_packs_epi32(q[0], q[2]);
    const __m256i words13 = _mm256_packs_epi32(q[1], q[3]);
    const __m256i bytes = pack_words(words02, words13, is_signed);  // L = 0 2 | 1 3
    if constexpr (kWidth == 32) {
      _mm256_store_si256((__m256i*)line, _mm256_permute4x64_epi64(bytes, 0xd8));
    } else {
      const __m128i even = _mm256_castsi256_si128(bytes), odd = _mm256_extracti128_si256(bytes, 1);
      int8_t* to = line + 4 * kFirst;
      _mm_storel_epi64((__m128i*)to, even);
      _mm_storel_epi64((__m128i*)(to + kStep), odd);
      _mm_storeh_pd((double*)(to + 2 * kStep), _mm_castsi128_pd(even));
      _mm_storeh_pd((double*)(to + 3 * kStep), _mm_castsi128_pd(odd));
    }
  } else {
    const __m256i words = _mm256_packs_epi32(q[0], q[1]);
    const __m256i bytes = pack_words(words, words, is_signed);  // L = 0 2 0 2 | 1 3 1 3
    const __m128i fours = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes),
                                             _mm256_extracti128_si256(bytes, 1));
    if constexpr (kWidth == 16) {
      _mm_store_si128((__m128i*)line, fours);
    } else {
      int8_t* to = line + 4 * kFirst;
      _mm_storeu_si32(to, fours);
      _mm_storeu_si32(to + kStep, _mm_srli_si128(fours, 4));
      _mm_storeu_si32(to + 2 * kStep, _mm_srli_si128(fours, 8));
      _mm_storeu_si32(to + 3 * kStep, _mm_srli_si128(fours, 12));
    }
  }
}

// Tokens first_token .. first_token + count - 1 of channel m. (A function of its own, which sees a copy:
// sums whose address it took would live in memory.)
template <int kWidth>
__attribute__((noinline)) void store_tokens(const spmm_args* args, int64_t m, int first_token,
                                            int count, const int32_t* sums) {
  for (int t = 0; t < count; ++t) {
    store_token_scalar<kWidth>(*args, m, first_token + t, sums[t]);
  }
}

// sums[2 j], sums[2 j + 1] hold tokens 16 (kFirst + j) .. of channel m.
template <int kWidth, int kFirst, int kCount>
SPBENCH_INLINE_STORE void store_line(const spmm_args* args, int64_t m, const __m256i sums[2 * kCount]) {
  const spbench_epilogue& epilogue = args->epilogue;
  constexpr int kRegisters = 2 * kCount;
  if (epilogue.output == SPBENCH_S32) {
    int32_t* line = (int32_t*)args->y + m * kWidth + 16 * kFirst;
    SPBENCH_UNROLL for (int t = 0; t < kRegisters; ++t) {
      _mm256_store_si256((__m256i*)(line + 8 * t), sums[t]);
    }
    return;
  }
  if (!epilogue.is_plain) {
    alignas(32) int32_t copy[16 * kCount];
    SPBENCH_UNROLL for (int t = 0; t < kRegisters; ++t) {
      _mm256_store_si256((__m256i*)(copy + 8 * t), sums[t]);
    }
    store_tokens<kWidth>(args, m, 16 * kFirst, 16 * kCount, copy);
    return;
  }
  const __m256 scale = _mm256_set1_ps(epilogue.scale[m]);
  const __m256 bias = _mm256_set1_ps(epilogue.bias[m]);
  __m256 value[kRegisters];
  SPBENCH_UNROLL for (int t = 0; t < kRegisters; ++t) {
    value[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[t]), scale, bias);
  }
  if (epilogue.output == SPBENCH_F32) {
    float* line = (float*)args->y + m * kWidth + 16 * kFirst;
    SPBENCH_UNROLL for (int t = 0; t < kRegisters; ++t) _mm256_store_ps(line + 8 * t, value[t]);
    return;
  }
  __m256i q[kRegisters];
  SPBENCH_UNROLL for (int t = 0; t < kRegisters; ++t) q[t] = round_narrow(value[t]);
  store_bytes<kWidth, kFirst, kCount>((int8_t*)args->y + m * kWidth, q,
                                      epilogue.output == SPBENCH_S8);
}

}  // namespace
