// The sweep over a panel (spmm/sweep_256.h) with AVX2: products of words, exact (spmm/groups.h).
//
//   even, odd     dword = one token's channels 0 2 and 1 3, as words
//   w             the same channels' weights of a row, in all lanes
//   sum          += even . w_even  +  odd . w_odd                            2 vpmaddwd, 2 vpaddd
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake
//   vpmaddwd ymm                                       3, 2 (FP0 FP3)       5, 2 (p01)
//   vpaddd ymm                                         1, 4 (FP0-3)         1, 3 (p015)
//   vpsllw, vpsraw ymm                                 1, 2 (FP1 FP2)       1, 2 (p01)
//
// Zen 4's four pipes are full with 4 products and 4 additions for what is one 512-bit vpdpbusd, in two
// cycles; unpacks, and three shifts for a row's weights, come on top. (Widened once a group and read
// back from memory, weights cost more on Zen 4: a broadcast from a store that is still under way takes
// longer than the shifts.)
#pragma once

#include "spmm/sweep_256.h"

namespace {

struct WordProduct {
  static constexpr int kSecond = 2;

  struct Tokens {
    __m256i even, odd;
  };

  static __attribute__((always_inline)) Tokens tokens(__m256i p, __m256i q, int half) {
    const __m256i zero = _mm256_setzero_si256();
    return half ? Tokens{_mm256_unpackhi_epi8(p, zero), _mm256_unpackhi_epi8(q, zero)}
                : Tokens{_mm256_unpacklo_epi8(p, zero), _mm256_unpacklo_epi8(q, zero)};
  }

  template <int kTokens>
  static __attribute__((always_inline)) void add(__m256i* sum, const Tokens* x,
                                                 const int8_t* weights) {
    const __m256i w = _mm256_set1_epi32(load_dword(weights));
    const __m256i even = _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8);
    const __m256i odd = _mm256_srai_epi16(w, 8);
    SPBENCH_UNROLL for (int t = 0; t < kTokens; ++t) {
      sum[t] = _mm256_add_epi32(sum[t], _mm256_madd_epi16(x[t].even, even));
      sum[t] = _mm256_add_epi32(sum[t], _mm256_madd_epi16(x[t].odd, odd));
    }
  }
};

}  // namespace
