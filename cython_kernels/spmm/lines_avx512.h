// Four lines of X on their way into registers whose dwords are what vpdpbusd wants: the four
// channels of one token. By panel width (include/panels.h):
//
//   load(panel, channel)   reads the lines of four channels
//   advance(j, x)          one step of the interleave, taken after column j of the group before
//                          has been used: after the last step all of x[] is new
//
// Register j holds tokens 16 j .. 16 j + 15, at width 32 others (see there).
//
// Kernels run a group's vpdpbusd between the steps for the next group, so that shuffles and
// products, which share a pipe, alternate, and loads have a group's time to arrive.
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake
//   vpunpck* zmm                                       1, 1.5 (FP1 FP2 FP3)   1, 1 (p5)
//   vpermt2w zmm                                       5, 1 (FP1 FP2)       7, 1/2 (p5, twice)
//   vpermd, vinserti64x4 zmm                           4, 1 (FP1 FP2)       3, 1 (p5)
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "inline.h"

namespace {

// Registers kFirst .. kFirst + kCount - 1 of a panel's kWidth / 16.
template <int kWidth, int kFirst, int kCount>
struct Lines;

// Bytes, then words are unpacked inside the 128-bit lanes: lines 0 1 and 2 3 give pairs, pairs
// give registers. 4 loads, 8 unpacks for all four registers; 4 for two, 3 for one.
template <int kFirst, int kCount>
struct Lines<64, kFirst, kCount> {
  __m512i line[4], pair01, pair23;

  __attribute__((always_inline)) void load(const uint8_t* panel, const uint64_t channel[4]) {
    SPBENCH_UNROLL for (int c = 0; c < 4; ++c) line[c] = _mm512_load_si512(panel + 64 * channel[c]);
  }

  __attribute__((always_inline)) void advance(int j, __m512i* x) {
    const bool is_second = (kFirst + j) % 2 == 1;
    if (kCount == 1 || !is_second) unpack_bytes((kFirst + j) / 2);
    if (kCount == 1) {
      x[j] = is_second ? _mm512_unpackhi_epi16(pair01, pair23)
                       : _mm512_unpacklo_epi16(pair01, pair23);
    } else if (is_second) {
      x[j - 1] = _mm512_unpacklo_epi16(pair01, pair23);
      x[j] = _mm512_unpackhi_epi16(pair01, pair23);
    }
  }

  __attribute__((always_inline)) void unpack_bytes(int half) {
    pair01 = half ? _mm512_unpackhi_epi8(line[0], line[1]) : _mm512_unpacklo_epi8(line[0], line[1]);
    pair23 = half ? _mm512_unpackhi_epi8(line[2], line[3]) : _mm512_unpacklo_epi8(line[2], line[3]);
  }
};

// A line holds eight bytes a 128-bit lane for two registers. Two lines share a register: lines 0 2
// and 1 3, so that bytes unpack to pairs and one permutation puts the pairs of a token side by side.
// 2 blends with what is loaded, 2 unpacks, 2 vpermw.
//
// Tokens of the registers, by 128-bit lane:   0-3  8-11  16-19  24-27;   4-7  12-15  20-23  28-31
//
// Token order would cost two vpermt2b, each as long as 0.8 vpdpbusd on Zen 4 where an unpack and a
// vpermw together cost 0.4; so sums are put into order when they are stored, if at all.
template <>
struct Lines<32, 0, 2> {
  __m512i first, second;

  __attribute__((always_inline)) void load(const uint8_t* panel, const uint64_t channel[4]) {
    first = both(panel + 32 * channel[0], panel + 32 * channel[2]);
    second = both(panel + 32 * channel[1], panel + 32 * channel[3]);
  }

  __attribute__((always_inline)) void advance(int j, __m512i* x) {
    x[j] = _mm512_permutexvar_epi16(side_by_side(), j == 0 ? _mm512_unpacklo_epi8(first, second)
                                                           : _mm512_unpackhi_epi8(first, second));
  }

  static __attribute__((always_inline)) __m512i both(const uint8_t* low, const uint8_t* high) {
    return _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_load_si256((const __m256i*)low)),
        _mm256_load_si256((const __m256i*)high), 1);
  }

  // In the low half stand lines 0 1 of tokens 0-3 16-19 8-11 24-27 (or those 4 higher), in the high
  // half lines 2 3.
  static __attribute__((always_inline)) __m512i side_by_side() {
    return _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 23, 7, 22, 6, 21, 5, 20, 4,
                            27, 11, 26, 10, 25, 9, 24, 8, 19, 3, 18, 2, 17, 1, 16, 0);
  }
};

// Four lines of 16 tokens fill one register, a line a 128-bit lane.
//
//   with VBMI     bytes to their places                                   3 blends, 1 vpermb
//   without       dwords between the lanes, then bytes inside them        3 blends, 2 shuffles
template <>
struct Lines<16, 0, 1> {
  __m512i lines;

  __attribute__((always_inline)) void load(const uint8_t* panel, const uint64_t channel[4]) {
    const __m256i low = _mm256_inserti128_si256(
        _mm256_castsi128_si256(line(panel + 16 * channel[0])), line(panel + 16 * channel[1]), 1);
    const __m256i high = _mm256_inserti128_si256(
        _mm256_castsi128_si256(line(panel + 16 * channel[2])), line(panel + 16 * channel[3]), 1);
    lines = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  }

  __attribute__((always_inline)) void advance(int, __m512i* x) {
#ifdef __AVX512VBMI__
    const __m512i by_token = _mm512_set_epi8(
        63, 47, 31, 15, 62, 46, 30, 14, 61, 45, 29, 13, 60, 44, 28, 12,
        59, 43, 27, 11, 58, 42, 26, 10, 57, 41, 25, 9, 56, 40, 24, 8,
        55, 39, 23, 7, 54, 38, 22, 6, 53, 37, 21, 5, 52, 36, 20, 4,
        51, 35, 19, 3, 50, 34, 18, 2, 49, 33, 17, 1, 48, 32, 16, 0);
    x[0] = _mm512_permutexvar_epi8(by_token, lines);
#else
    const __m512i by_token =
        _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    const __m512i by_channel = _mm512_broadcast_i32x4(
        _mm_set_epi8(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0));
    x[0] = _mm512_shuffle_epi8(_mm512_permutexvar_epi32(by_token, lines), by_channel);
#endif
  }

  static __attribute__((always_inline)) __m128i line(const uint8_t* bytes) {
    return _mm_load_si128((const __m128i*)bytes);
  }
};

}  // namespace
