// What all AVX-512 BW kernels do with a panel: kRows rows of every block row by kCount registers of 16
// tokens. No VNNI: products of words, exact (spmm/groups.h).
//
//   even[j], odd[j]   dword = one token's channels 0 2 and 1 3, as words, from lines of X
//   w                 the same channels' weights of a row, in all lanes
//   sum[r][j]        += even[j] . w_even[r]  +  odd[j] . w_odd[r]            2 vpmaddwd, 2 vpaddd
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake
//   vpmaddwd zmm                                       3, 1 (FP0 FP3)       5, 1 (p0; p05 with two units)
//   vpaddd zmm                                         1, 2 (FP0-3)         1, 2 (p05)
//   vpunpck* zmm                                       1, 1.5 (FP1 FP2 FP3)   1, 1 (p5)
//   vpbroadcastd zmm, m32                              load only            load only
//
// On Zen 4 a 512-bit instruction takes one of four pipes for two cycles: two products and two additions are
// two cycles of all pipes, where vpdpbusd is one. The unpacks come on top. They stand between the products
// of the columns before them, and source order is kept (-fno-schedule-insns2), as in
// spmm/sweep_avx512vnni.h: the lines of group g + 1 are unpacked while group g is multiplied.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/store_avx512.h"
#include "inline.h"
#include "spmm.h"
#include "spmm/groups.h"
#include "spmm/lines_avx512.h"

namespace {

// A group's weights as words, widened for all rows together and read back as broadcasts, whose loads
// cost no pipe.
template <int kRows>
struct WordWeights {
  alignas(64) int32_t even[kRows];
  alignas(64) int32_t odd[kRows];

  __attribute__((always_inline)) void widen(const int8_t* weights) {
    if constexpr (kRows == 16) {
      const __m512i w = _mm512_loadu_si512(weights);
      _mm512_store_si512(even, _mm512_srai_epi16(_mm512_slli_epi16(w, 8), 8));
      _mm512_store_si512(odd, _mm512_srai_epi16(w, 8));
    }
    if constexpr (kRows == 8) {
      const __m256i w = _mm256_loadu_si256((const __m256i*)weights);
      _mm256_store_si256((__m256i*)even, _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8));
      _mm256_store_si256((__m256i*)odd, _mm256_srai_epi16(w, 8));
    }
    if constexpr (kRows == 4) {
      const __m128i w = _mm_loadu_si128((const __m128i*)weights);
      _mm_store_si128((__m128i*)even, _mm_srai_epi16(_mm_slli_epi16(w, 8), 8));
      _mm_store_si128((__m128i*)odd, _mm_srai_epi16(w, 8));
    }
    // They are to pass through memory: taken from the register, a broadcast is a shuffle.
    asm("" : "+m"(even), "+m"(odd));
  }
};

// Four channels' lines on their way into words, in four steps, after the last of which all of even[] and
// odd[] is new. Columns kFirst .. kFirst + kCount - 1 of a panel's kWidth / 16, kCount at most two.
template <int kWidth, int kFirst, int kCount>
struct WordLines {  // interleaved as for vpdpbusd (spmm/lines_avx512.h), then split
  Lines<kWidth, kFirst, kCount> lines;
  __m512i x[kCount];

  __attribute__((always_inline)) void step(int s, const uint8_t* panel, const uint64_t channel[4],
                                           __m512i* even, __m512i* odd) {
    if (s == 0) lines.load(panel, channel);
    if (s == 1) lines.advance(0, x);
    if (s == 2 && kCount == 2) lines.advance(1, x);
    if (s == 3) {
      SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
        even[j] = _mm512_and_si512(x[j], _mm512_set1_epi16(0x00ff));
        odd[j] = _mm512_srli_epi16(x[j], 8);
      }
    }
  }
};

template <int kFirst>
struct WordLines<64, kFirst, 2> {  // lines 0 2 and 1 3 in pairs of bytes, then pairs of words
  __m512i pair02, pair13;

  __attribute__((always_inline)) void step(int s, const uint8_t* panel, const uint64_t channel[4],
                                           __m512i* even, __m512i* odd) {
    if (s == 0) pair02 = pair(panel + 64 * channel[0], panel + 64 * channel[2]);
    if (s == 1) pair13 = pair(panel + 64 * channel[1], panel + 64 * channel[3]);
    const __m512i zero = _mm512_setzero_si512();
    if (s == 2) {
      even[0] = _mm512_unpacklo_epi8(pair02, zero);
      even[1] = _mm512_unpackhi_epi8(pair02, zero);
    }
    if (s == 3) {
      odd[0] = _mm512_unpacklo_epi8(pair13, zero);
      odd[1] = _mm512_unpackhi_epi8(pair13, zero);
    }
  }

  static __attribute__((always_inline)) __m512i pair(const uint8_t* a, const uint8_t* b) {
    const __m512i line_a = _mm512_load_si512(a), line_b = _mm512_load_si512(b);
    return kFirst == 0 ? _mm512_unpacklo_epi8(line_a, line_b) : _mm512_unpackhi_epi8(line_a, line_b);
  }
};

SPBENCH_INLINE __m512i add_products(__m512i sum, __m512i x, __m512i w) {
  return _mm512_add_epi32(sum, _mm512_madd_epi16(x, w));
}

// Columns kNow .. of the group at hand are multiplied (their words are in even, odd, and are replaced)
// while columns kNext .. of the group whose channels are given become words.
template <int kWidth, int kRows, int kNow, int kNext, int kCount, int kSums>
SPBENCH_INLINE void multiply(const int8_t* weights, const WordWeights<kRows>& words,
                             const uint8_t* panel, const uint64_t channel[4], __m512i* even,
                             __m512i* odd, __m512i sum[kRows][kSums]) {
  WordLines<kWidth, kNext, kCount> lines;
  __m512i next_even[kCount], next_odd[kCount];
  SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
    __m512i w_even, w_odd;
    if (kRows == 1) {  // three shifts cost less than a way through memory
      const __m512i w = _mm512_set1_epi32(load_dword(weights));
      w_even = _mm512_srai_epi16(_mm512_slli_epi16(w, 8), 8);
      w_odd = _mm512_srai_epi16(w, 8);
    } else {
      w_even = _mm512_set1_epi32(words.even[r]);
      w_odd = _mm512_set1_epi32(words.odd[r]);
    }
    SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
      sum[r][kNow + j] = add_products(sum[r][kNow + j], even[j], w_even);
      sum[r][kNow + j] = add_products(sum[r][kNow + j], odd[j], w_odd);
    }
    SPBENCH_UNROLL for (int s = 0; s < 4; ++s) {  // spread over the rows
      if (s * kRows / 4 == r) lines.step(s, panel, channel, next_even, next_odd);
    }
  }
  SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
    even[j] = next_even[j];
    odd[j] = next_odd[j];
  }
}

// Rows kFirstRow .. kFirstRow + kRows - 1 of every block row, registers kFirst .. of every line.
template <typename Channel, int kBlockRows, int kCols, int kWidth, int kFirstRow, int kRows,
          int kFirst, int kCount>
SPBENCH_INLINE void sweep(const spmm_args* args, int64_t begin, int64_t end) {
  constexpr int kPart = kCount == 4 ? 2 : kCount;  // columns at a time
  int64_t g = args->group_begin[begin];
  uint64_t channel[4];
  __m512i even[kPart], odd[kPart];
  WordLines<kWidth, kFirst, kPart> first;
  channels_of<kCols, Channel>(args, begin, g, channel);
  SPBENCH_UNROLL for (int s = 0; s < 4; ++s) first.step(s, args->x, channel, even, odd);

  for (int64_t i = begin; i < end; ++i) {
    __m512i sum[kRows][kCount];
    SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
      SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) sum[r][j] = _mm512_setzero_si512();
    }
    for (const int64_t last = args->group_begin[i + 1]; g < last; ++g) {
      const int8_t* weights = args->weights + 4 * (kBlockRows * g + kFirstRow);
      WordWeights<kRows> words;
      if (kRows > 1) words.widen(weights);
      if constexpr (kCount == 4) {
        multiply<kWidth, kRows, 0, kFirst + 2, 2, 4>(weights, words, args->x, channel, even, odd, sum);
        channels_of<kCols, Channel>(args, i, g + 1, channel);
        multiply<kWidth, kRows, 2, kFirst, 2, 4>(weights, words, args->x, channel, even, odd, sum);
      } else {
        channels_of<kCols, Channel>(args, i, g + 1, channel);
        multiply<kWidth, kRows, 0, kFirst, kCount, kCount>(weights, words, args->x, channel, even, odd,
                                                           sum);
      }
    }
    store_rows<kWidth, kFirst, kCount, kRows>(args, kBlockRows * i + kFirstRow, sum);
  }
}

}  // namespace

// The same for both widths of channel numbers.
#define SPBENCH_SWEEP(args, begin, end, ...)            \
  ((args)->channels_are_wide                            \
       ? sweep<uint32_t, __VA_ARGS__>(args, begin, end) \
       : sweep<uint16_t, __VA_ARGS__>(args, begin, end))
