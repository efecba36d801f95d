// Lookups in a table of 256 bytes with AVX-512 BW, where there is no VBMI (Cascade Lake).
//
// The table is held as 128 words in four registers. For the even bytes of 64 channels:
//
//   word     of channel / 2, below 64 and above             2 vpermi2w, vpblendmw
//            shifted right by a byte if the channel is odd  vpsrlvw
//
// and for the odd bytes the same, shifted left by a byte if the channel is even; together: 14
// instructions for 64 channels, where loading and inserting bytes takes 64.
//
//   instruction            latency, per cycle    Zen 4            Cascade Lake
//   vpermi2w zmm                                 5, 1 (FP1 FP2)   7, 1/2 (p5, three uops)
//   vpsrlvw zmm                                  2, 1             1, 1 (p0)
#pragma once

#include "spmv/line_avx512.h"

namespace {

struct TableOfWords {
  __m512i part[4];
};

struct LookupWords : LineAvx512 {
  typedef TableOfWords Table;

  SPBENCH_INLINE Table table(const uint8_t* x) {
    return {{_mm512_loadu_si512(x), _mm512_loadu_si512(x + 64), _mm512_loadu_si512(x + 128),
             _mm512_loadu_si512(x + 192)}};
  }

  // vpermi2w takes the six low bits of a word of `number`.
  SPBENCH_INLINE __m512i word(const Table& table, __m512i number, __mmask32 is_high) {
    return _mm512_mask_blend_epi16(
        is_high, _mm512_permutex2var_epi16(table.part[0], number, table.part[1]),
        _mm512_permutex2var_epi16(table.part[2], number, table.part[3]));
  }

  template <int kGroups, int kTokens>
  SPBENCH_INLINE void look_up(const Table* tables, const uint8_t* line, __m512i* x) {
    const __m512i channels = load_channels<kGroups>(line);
    const __m512i even = _mm512_srli_epi16(channels, 1), odd = _mm512_srli_epi16(channels, 9);
    const __mmask32 even_is_high = _mm512_test_epi16_mask(channels, _mm512_set1_epi16(0x80));
    const __mmask32 odd_is_high = _mm512_movepi16_mask(channels);
    const __m512i eight = _mm512_set1_epi16(8);
    const __m512i right = _mm512_and_si512(_mm512_slli_epi16(channels, 3), eight);
    const __m512i left = _mm512_andnot_si512(_mm512_srli_epi16(channels, 5), eight);
    for (int t = 0; t < kTokens; ++t) {
      const __m512i low = _mm512_srlv_epi16(word(tables[t], even, even_is_high), right);
      const __m512i high = _mm512_sllv_epi16(word(tables[t], odd, odd_is_high), left);
      x[t] = _mm512_mask_blend_epi8(0xaaaaaaaaaaaaaaaa, low, high);
    }
  }
};

}  // namespace
