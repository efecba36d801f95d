// A Line of spmv/slices.h in one 512-bit register, AVX-512 F + BW: all but table and multiply.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/requantize_avx512.h"
#include "spmv/slices.h"

namespace {

struct LineAvx512 {
  typedef __m512i Line;

  SPMV_INLINE Line load(const int8_t* weights) { return _mm512_load_si512(weights); }

  // A short line is read whole, past its end, and its dwords moved to their lanes.
  template <int kGroups>
  SPMV_INLINE Line load_channels(const uint8_t* channels) {
    const Line line = _mm512_loadu_si512(channels);
    if constexpr (kGroups == 4) return line;
    constexpr int n = kGroups, a = kGroups > 1, b = kGroups > 2 ? 2 : 0;
    const Line lanes = _mm512_setr_epi32(0, a, b, 0, n, n + a, n + b, n, 2 * n, 2 * n + a,
                                         2 * n + b, 2 * n, 3 * n, 3 * n + a, 3 * n + b, 3 * n);
    return _mm512_permutexvar_epi32(lanes, line);
  }

  // vpshufd works inside lanes: on Zen 4 on three pipes, where vshufi32x4 has two.
  template <int kGroup>
  SPMV_INLINE Line group(Line x) {
    return _mm512_shuffle_epi32(x, (_MM_PERM_ENUM)(0x55 * kGroup));
  }

  template <int kLane>
  SPMV_INLINE void add_lane(Line line, int32_t* sums) {
    const __m128i lane = _mm512_extracti32x4_epi32(line, kLane);
    _mm_store_si128((__m128i*)sums, _mm_add_epi32(_mm_load_si128((const __m128i*)sums), lane));
  }

  SPMV_INLINE void store(const spmv_args* args, int64_t token, int64_t m, int64_t count,
                         const int32_t* sums) {
    const int is_wide = args->output == SPBENCH_S32 || args->output == SPBENCH_F32;
    spmv_args one = *args;
    one.y = (uint8_t*)args->y + (is_wide ? 4 : 1) * token * args->m;
    for (int64_t i = 0; i < count; i += 16) {
      const int held = count - i < 16 ? (int)(count - i) : 16;
      store_elements(&one, m + i, held, _mm512_load_si512(sums + i));
    }
  }
};

}  // namespace
