// From s32 sums in registers to one line of Y, AVX-512F + BW (include/epilogue.h).
//
//   f32:  scale[m] * sum + bias[m]        one fused multiply-add
//   u8:   the same, to nearest even, saturated to 0 .. 255;  s8: to -128 .. 127
//
//   instruction          latency, throughput per cycle   Zen 4      Ice Lake
//   vcvtdq2ps                                            3, 1       4, 1
//   vfmadd213ps                                          4, 1       4, 1
//   vminps                                               2, 1       4, 1
//   vcvtps2dq                                            3, 1       4, 1
//   vpackssdw, vpackuswb                                 1, 1       3, 1
//
// Packing inside the 128-bit lanes leaves the bytes in the order of a panel
// (include/panels.h), so a requantised line needs no permutation at width 64.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "inline.h"
#include "spmm.h"

namespace {

// To s32 within what vpackssdw saturates rightly: vcvtps2dq turns floats past 2^31
// into the most negative integer, so large values are cut first.
SPBENCH_INLINE __m512i round_narrow(__m512 value) {
  return _mm512_cvtps_epi32(_mm512_min_ps(value, _mm512_set1_ps(32767.0f)));
}

SPBENCH_INLINE __m512i pack_words(__m512i low, __m512i high, bool is_signed) {
  return is_signed ? _mm512_packs_epi16(low, high) : _mm512_packus_epi16(low, high);
}

// Registers kFirst .. of a line of bytes: q[j] holds rounded values of tokens 16 (kFirst + j) ...
// Part of a line is written under a mask: the rest of it belongs to another sweep.
template <int kWidth, int kFirst, int kCount>
SPBENCH_INLINE void store_bytes(int8_t* line, const __m512i q[kCount], bool is_signed) {
  if constexpr (kWidth == 64 && kCount == 4) {
    _mm512_store_si512(line, pack_words(_mm512_packs_epi32(q[0], q[1]),
                                        _mm512_packs_epi32(q[2], q[3]), is_signed));
  } else if constexpr (kWidth == 64 && kCount == 2) {
    const __m512i words = _mm512_packs_epi32(q[0], q[1]);
    _mm512_mask_storeu_epi64(line, kFirst == 0 ? 0x55 : 0xaa, pack_words(words, words, is_signed));
  } else if constexpr (kWidth == 64 && kCount == 1) {
    const __m512i words = _mm512_packs_epi32(q[0], q[0]);
    _mm512_mask_storeu_epi32(line, (__mmask16)(0x1111 << kFirst), pack_words(words, words, is_signed));
  } else if constexpr (kWidth == 32) {
    // In every 128-bit lane the low half holds the lane's eight bytes; gather the halves.
    const __m512i words = _mm512_packs_epi32(q[0], q[1]);
    const __m512i bytes = pack_words(words, words, is_signed);
    const __m512i gathered =
        _mm512_permutexvar_epi64(_mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0), bytes);
    _mm256_store_si256((__m256i*)line, _mm512_castsi512_si256(gathered));
  } else {
    const __m128i bytes =
        is_signed ? _mm512_cvtsepi32_epi8(q[0])
                  : _mm512_cvtusepi32_epi8(_mm512_max_epi32(q[0], _mm512_setzero_si512()));
    _mm_store_si128((__m128i*)line, bytes);
  }
}

// sums[j] holds tokens 16 (kFirst + j) .. of channel m.
template <int kWidth, int kFirst, int kCount>
SPBENCH_INLINE void store_line(const spmm_args* args, int64_t m, const __m512i sums[kCount]) {
  const spbench_epilogue& epilogue = args->epilogue;
  if (epilogue.output == SPBENCH_S32) {
    int32_t* line = (int32_t*)args->y + m * kWidth + 16 * kFirst;
    SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) _mm512_store_si512(line + 16 * j, sums[j]);
    return;
  }
  const __m512 scale = _mm512_set1_ps(epilogue.scale[m]);
  const __m512 bias = _mm512_set1_ps(epilogue.bias[m]);
  __m512 value[kCount];
  SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
    value[j] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[j]), scale, bias);
  }
  if (epilogue.output == SPBENCH_F32) {
    float* line = (float*)args->y + m * kWidth + 16 * kFirst;
    SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) _mm512_store_ps(line + 16 * j, value[j]);
    return;
  }
  __m512i q[kCount];
  SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) q[j] = round_narrow(value[j]);
  store_bytes<kWidth, kFirst, kCount>((int8_t*)args->y + m * kWidth, q, epilogue.output == SPBENCH_S8);
}

}  // namespace
