// A Line of spmv/slices.h in one 512-bit register, AVX-512 F + BW: all but table and multiply.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/requantize_avx512.h"
#include "spmv/slices.h"

namespace {

struct LineAvx512 {
  typedef __m512i Line;

  SPBENCH_INLINE Line load(const int8_t* weights) { return _mm512_load_si512(weights); }

  // A short line is read whole, past its end, and its dwords moved to their lanes.
  template <int kGroups>
  SPBENCH_INLINE Line load_channels(const uint8_t* channels) {
    const Line line = _mm512_loadu_si512(channels);
    if constexpr (kGroups == 4) return line;
    constexpr int n = kGroups, a = kGroups > 1, b = kGroups > 2 ? 2 : 0;
    const Line lanes = _mm512_setr_epi32(0, a, b, 0, n, n + a, n + b, n, 2 * n, 2 * n + a,
                                         2 * n + b, 2 * n, 3 * n, 3 * n + a, 3 * n + b, 3 * n);
    return _mm512_permutexvar_epi32(lanes, line);
  }

  // vpshufd works inside lanes: on Zen 4 on three pipes, where vshufi32x4 has two.
  template <int kGroup>
  SPBENCH_INLINE Line group(Line x) {
    return _mm512_shuffle_epi32(x, (_MM_PERM_ENUM)(0x55 * kGroup));
  }

  // Lanes of tokens become lanes of block rows, so that a block row's tokens are one addition:
  // for four tokens 8 shuffles and 4 additions in place of 12 extractions and 16 additions
  // (0.84 of the time of a product at 90 % sparsity on Zen 4).
  template <int kTokens>
  SPBENCH_INLINE void add_lanes(const Line* sums, int32_t (*const rows[4])[4]) {
    if constexpr (kTokens == 1) {
      add_lane(_mm512_castsi512_si128(sums[0]), rows[0][0]);
      add_lane(_mm512_extracti32x4_epi32(sums[0], 1), rows[1][0]);
      add_lane(_mm512_extracti32x4_epi32(sums[0], 2), rows[2][0]);
      add_lane(_mm512_extracti32x4_epi32(sums[0], 3), rows[3][0]);
    } else if constexpr (kTokens == 2) {
      const Line rows01 = _mm512_permutex2var_epi64(
          sums[0], _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), sums[1]);
      const Line rows23 = _mm512_permutex2var_epi64(
          sums[0], _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15), sums[1]);
      add_pair(_mm512_castsi512_si256(rows01), rows[0]);
      add_pair(_mm512_extracti64x4_epi64(rows01, 1), rows[1]);
      add_pair(_mm512_castsi512_si256(rows23), rows[2]);
      add_pair(_mm512_extracti64x4_epi64(rows23, 1), rows[3]);
    } else {
      const Line last = sums[kTokens - 1];
      const Line first01 = _mm512_shuffle_i32x4(sums[0], sums[1], 0x44);
      const Line first23 = _mm512_shuffle_i32x4(sums[2], last, 0x44);
      const Line second01 = _mm512_shuffle_i32x4(sums[0], sums[1], 0xee);
      const Line second23 = _mm512_shuffle_i32x4(sums[2], last, 0xee);
      add_tokens(_mm512_shuffle_i32x4(first01, first23, 0x88), rows[0]);
      add_tokens(_mm512_shuffle_i32x4(first01, first23, 0xdd), rows[1]);
      add_tokens(_mm512_shuffle_i32x4(second01, second23, 0x88), rows[2]);
      add_tokens(_mm512_shuffle_i32x4(second01, second23, 0xdd), rows[3]);
    }
  }

  SPBENCH_INLINE void add_lane(__m128i lane, int32_t* sums) {
    _mm_store_si128((__m128i*)sums, _mm_add_epi32(_mm_load_si128((const __m128i*)sums), lane));
  }

  SPBENCH_INLINE void add_pair(__m256i pair, int32_t (*sums)[4]) {
    _mm256_store_si256((__m256i*)sums,
                       _mm256_add_epi32(_mm256_load_si256((const __m256i*)sums), pair));
  }

  SPBENCH_INLINE void add_tokens(Line line, int32_t (*sums)[4]) {
    _mm512_store_si512(sums, _mm512_add_epi32(_mm512_load_si512(sums), line));
  }

  SPBENCH_INLINE void store(const spmv_args* args, int64_t token, int64_t m, int64_t count,
                            const int32_t* sums, int64_t stride) {
    const int is_wide = args->output == SPBENCH_S32 || args->output == SPBENCH_F32;
    spmv_args one = *args;
    one.y = (uint8_t*)args->y + (is_wide ? 4 : 1) * token * args->m;
    for (int64_t i = 0; i < count; i += 16, sums += 4 * stride) {
      Line line = _mm512_castsi128_si512(_mm_load_si128((const __m128i*)sums));
      line = _mm512_inserti32x4(line, _mm_load_si128((const __m128i*)(sums + stride)), 1);
      line = _mm512_inserti32x4(line, _mm_load_si128((const __m128i*)(sums + 2 * stride)), 2);
      line = _mm512_inserti32x4(line, _mm_load_si128((const __m128i*)(sums + 3 * stride)), 3);
      store_elements(&one, m + i, count - i < 16 ? (int)(count - i) : 16, line);
    }
  }
};

}  // namespace
