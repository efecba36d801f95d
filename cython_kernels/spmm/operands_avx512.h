// How vector kernels read packed weights (include/spmm.h).
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "spmm.h"

// Input channel of slot `slot` (four a group). `are_wide` is a constant where it is called.
static inline __attribute__((always_inline)) uint64_t channel_of(const struct spmm_args* args,
                                                                 int64_t slot, int are_wide) {
  return are_wide ? ((const uint32_t*)args->channels)[slot]
                  : ((const uint16_t*)args->channels)[slot];
}

// The four weights of row `row` in group `group`, in every lane. One load: vpbroadcastd.
static inline __attribute__((always_inline)) __m512i weights_of(const struct spmm_args* args,
                                                                int64_t group, int rows,
                                                                int row) {
  int32_t dword;
  memcpy(&dword, args->weights + 4 * (rows * group + row), sizeof dword);
  return _mm512_set1_epi32(dword);
}

// x[j], dword t: the four channels of token 16 j + t. Four lines of 64 tokens, interleaved by
// unpacking bytes, then words, inside the 128-bit lanes.
static inline __attribute__((always_inline)) void interleave_n64(const uint8_t* panel,
                                                                 const uint64_t channel[4],
                                                                 __m512i x[4]) {
  __m512i line[4];
  for (int c = 0; c < 4; ++c) line[c] = _mm512_load_si512(panel + 64 * channel[c]);
  const __m512i pair01_low = _mm512_unpacklo_epi8(line[0], line[1]);
  const __m512i pair01_high = _mm512_unpackhi_epi8(line[0], line[1]);
  const __m512i pair23_low = _mm512_unpacklo_epi8(line[2], line[3]);
  const __m512i pair23_high = _mm512_unpackhi_epi8(line[2], line[3]);
  x[0] = _mm512_unpacklo_epi16(pair01_low, pair23_low);
  x[1] = _mm512_unpackhi_epi16(pair01_low, pair23_low);
  x[2] = _mm512_unpacklo_epi16(pair01_high, pair23_high);
  x[3] = _mm512_unpackhi_epi16(pair01_high, pair23_high);
}

// Dword t: the four channels of token t. Four lines of 16 tokens fill one register: dwords
// change places between the lanes, then bytes inside them.
static inline __attribute__((always_inline)) __m512i interleave_n16(const uint8_t* panel,
                                                                    const uint64_t channel[4]) {
  const __m512i by_token =
      _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  const __m512i by_channel = _mm512_broadcast_i32x4(
      _mm_set_epi8(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0));
  __m128i line[4];
  for (int c = 0; c < 4; ++c) {
    line[c] = _mm_load_si128((const __m128i*)(panel + 16 * channel[c]));
  }
  const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(line[0]), line[1], 1);
  const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(line[2]), line[3], 1);
  const __m512i lines = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  return _mm512_shuffle_epi8(_mm512_permutexvar_epi32(by_token, lines), by_channel);
}
