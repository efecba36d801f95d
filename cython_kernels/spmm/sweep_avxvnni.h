// The sweep over a panel (spmm/sweep_256.h) with vpdpbusd on 256 bits: CPUs with AVX-VNNI and without
// AVX-512 (Alder Lake and later). Compiled for AVX-512 VNNI + VL it is the same instruction in another
// encoding, by which it can be tested on more CPUs.
//
//   x             dword = one token's four channels
//   w             one dword of W in all lanes
//   sum          += x . w                                                    vpdpbusd
//
//   instruction                  latency, per cycle    Alder Lake, P core   E core
//   vpdpbusd ymm                                       5, 2 (p01)           -, 1
//   vpunpck* ymm                                       1, 2 (p15)           -
#pragma once

#include "spmm/sweep_256.h"

namespace {

struct ByteProduct {
  static constexpr int kSecond = 1;

  using Tokens = __m256i;

  static __attribute__((always_inline)) Tokens tokens(__m256i p, __m256i q, int half) {
    return half ? _mm256_unpackhi_epi16(p, q) : _mm256_unpacklo_epi16(p, q);
  }

  template <int kTokens>
  static __attribute__((always_inline)) void add(__m256i* sum, const Tokens* x,
                                                 const int8_t* weights) {
    const __m256i w = _mm256_set1_epi32(load_dword(weights));
    SPBENCH_UNROLL for (int t = 0; t < kTokens; ++t) {
#ifdef __AVXVNNI__
      sum[t] = _mm256_dpbusd_avx_epi32(sum[t], x[t], w);
#else
      sum[t] = _mm256_dpbusd_epi32(sum[t], x[t], w);
#endif
    }
  }
};

}  // namespace
