// Y[N, M] = X[N, K] . W[M, K]^T for R x 1 blocks and a few tokens, AVX2.
//
// Operands as in include/spmv.h. A line of 64 bytes is two registers; X is looked up byte by
// byte, and multiplied as words, as in spmv_u8s8_avx512bw.cc.
//
// Bound: 64 loads of channels and 64 of X for four groups: 16 cycles a group and token on any
// CPU that loads two bytes a cycle; multiplying takes 14 instructions of it.

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/requantize_scalar.h"
#include "spmv/slices.h"
#include "spmv_kernels.h"

namespace {

// Four lanes of `groups` dwords; x has four dwords a lane, the last of which stay as they were.
void look_up_bytes(const uint8_t* table, const uint8_t* channels, int groups, uint32_t* x) {
  for (int lane = 0; lane < 4; ++lane) {
    for (int group = 0; group < groups; ++group, channels += 4) {
      x[4 * lane + group] = table[channels[0]] | table[channels[1]] << 8 |
                            table[channels[2]] << 16 | (uint32_t)table[channels[3]] << 24;
    }
  }
}

__m256i multiply_add_words(__m256i sum, __m256i x, __m256i weights) {
  const __m256i x_even = _mm256_and_si256(x, _mm256_set1_epi16(0xff));
  const __m256i x_odd = _mm256_srli_epi16(x, 8);
  const __m256i w_even = _mm256_srai_epi16(_mm256_slli_epi16(weights, 8), 8);
  const __m256i w_odd = _mm256_srai_epi16(weights, 8);
  sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x_even, w_even));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(x_odd, w_odd));
}

struct Avx2 {
  struct Line {
    __m256i half[2];
  };
  typedef const uint8_t* Table;

  SPBENCH_INLINE Table table(const uint8_t* x) { return x; }

  SPBENCH_INLINE Line load(const void* bytes) {
    const __m256i* halves = (const __m256i*)bytes;
    return {{_mm256_load_si256(halves), _mm256_load_si256(halves + 1)}};
  }

  template <int kGroups, int kTokens>
  SPBENCH_INLINE void look_up(const Table* tables, const uint8_t* channels, Line* x) {
    for (int t = 0; t < kTokens; ++t) {
      alignas(64) uint32_t dwords[16] = {};
      look_up_bytes(tables[t], channels, kGroups, dwords);
      x[t] = load(dwords);
    }
  }

  template <int kGroup>
  SPBENCH_INLINE Line group(Line x) {
    return {{_mm256_shuffle_epi32(x.half[0], 0x55 * kGroup),
             _mm256_shuffle_epi32(x.half[1], 0x55 * kGroup)}};
  }

  SPBENCH_INLINE Line multiply_add(Line sum, Line x, Line weights) {
    return {{multiply_add_words(sum.half[0], x.half[0], weights.half[0]),
             multiply_add_words(sum.half[1], x.half[1], weights.half[1])}};
  }

  template <int kTokens>
  SPBENCH_INLINE void add_lanes(const Line* sums, int32_t (*const rows[4])[4]) {
    for (int t = 0; t < kTokens; ++t) {
      add_lane(_mm256_castsi256_si128(sums[t].half[0]), rows[0][t]);
      add_lane(_mm256_extracti128_si256(sums[t].half[0], 1), rows[1][t]);
      add_lane(_mm256_castsi256_si128(sums[t].half[1]), rows[2][t]);
      add_lane(_mm256_extracti128_si256(sums[t].half[1], 1), rows[3][t]);
    }
  }

  SPBENCH_INLINE void add_lane(__m128i lane, int32_t* sums) {
    _mm_store_si128((__m128i*)sums, _mm_add_epi32(_mm_load_si128((const __m128i*)sums), lane));
  }

  static void store(const spmv_args* args, int64_t token, int64_t m, int64_t count,
                    const int32_t* sums, int64_t stride) {
    for (int64_t i = 0; i < count; ++i) {
      const float scale = args->scale ? args->scale[m + i] : 0.0f;
      const float bias = args->bias ? args->bias[m + i] : 0.0f;
      store_element_scalar(args->output, args->y, token * args->m + m + i,
                           sums[i / 4 * stride + i % 4], scale, bias);
    }
  }
};

}  // namespace

SPMV_DEFINE_KERNELS(Avx2, avx2)
