// Y[M, 32] = W[M, K] . X[K, 32] for 4x1 blocks, AVX-512 VNNI.
//
// Operands as in spmm_u8s8_4x1_n64_avx512vnni.cc, lines of 32 bytes. A line holds
// two registers' worth of tokens, eight bytes a 128-bit lane, so that:
//
//   even, odd  lines 0 | 2 and 1 | 3, one in each half          2 inserting loads
//   low, high  their bytes interleaved: pairs 01 | 23           2 unpacks
//   x[j]       words gathered: dword = one token's 4 channels   2 vpermt2w
//   sum[r][j] += x[j] . broadcast(weights[r])                        8 vpdpbusd
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake
//   vpdpbusd zmm                                       4, 1 (FP0 FP1)       5, 1
//   vpermt2w zmm                                       5, 1 (FP1 FP2)       7, 1/2 (p5, twice)
//   vinserti64x4, vpunpck* zmm                         1-4, 1 (FP1 FP2)     1-3, 1 (p5)
//
// Bound: 8 vpdpbusd and 6 shuffles on three half-width pipes: 28 halves / 3 = 9.3 cycles
// for 8 vpdpbusd. Two groups a turn into separate sums are not needed: eight sums cover
// the latency of 4.

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/requantize_avx512.h"
#include "spmm/operands_avx512.h"
#include "spmm_kernels.h"

// Where register j finds the words of its tokens in (low, high): line byte 8 L + 4 j + b holds
// token 16 j + 4 L + b; its pair of lines 01 stands in word w, its pair 23 in word w + 16.
static const uint16_t words[2][32] = {
    {0, 16, 1, 17, 2, 18, 3, 19, 32, 48, 33, 49, 34, 50, 35, 51,
     8, 24, 9, 25, 10, 26, 11, 27, 40, 56, 41, 57, 42, 58, 43, 59},
    {4, 20, 5, 21, 6, 22, 7, 23, 36, 52, 37, 53, 38, 54, 39, 55,
     12, 28, 13, 29, 14, 30, 15, 31, 44, 60, 45, 61, 46, 62, 47, 63},
};

static inline __attribute__((always_inline)) void block_row(const struct spmm_args* args,
                                                            int64_t i, int channels_are_wide) {
  const __m512i index[2] = {_mm512_loadu_si512(words[0]), _mm512_loadu_si512(words[1])};
  __m512i sum[4][2];
  for (int r = 0; r < 4; ++r) {
    for (int j = 0; j < 2; ++j) sum[r][j] = _mm512_setzero_si512();
  }

  for (int64_t g = args->group_begin[i]; g < args->group_begin[i + 1]; ++g) {
    const uint8_t* line[4];
    for (int c = 0; c < 4; ++c) {
      line[c] = args->x + 32 * channel_of(args, 4 * g + c, channels_are_wide);
    }
    const __m512i even = _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_load_si256((const __m256i*)line[0])),
        _mm256_load_si256((const __m256i*)line[2]), 1);
    const __m512i odd = _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_load_si256((const __m256i*)line[1])),
        _mm256_load_si256((const __m256i*)line[3]), 1);
    const __m512i low = _mm512_unpacklo_epi8(even, odd);
    const __m512i high = _mm512_unpackhi_epi8(even, odd);
    const __m512i x[2] = {_mm512_permutex2var_epi16(low, index[0], high),
                          _mm512_permutex2var_epi16(low, index[1], high)};
    for (int r = 0; r < 4; ++r) {
      const __m512i w = weights_of(args, g, 4, r);
      for (int j = 0; j < 2; ++j) sum[r][j] = _mm512_dpbusd_epi32(sum[r][j], x[j], w);
    }
  }

  const int64_t m = 4 * i;
  store_line_n32(args, m, sum[0]);
  if (m + 1 < args->m) store_line_n32(args, m + 1, sum[1]);
  if (m + 2 < args->m) store_line_n32(args, m + 2, sum[2]);
  if (m + 3 < args->m) store_line_n32(args, m + 3, sum[3]);
}

void spmm_u8s8_4x1_n32_avx512vnni(const struct spmm_args* args, int64_t begin, int64_t end) {
  if (args->channels_are_wide) {
    for (int64_t i = begin; i < end; ++i) block_row(args, i, 1);
  } else {
    for (int64_t i = begin; i < end; ++i) block_row(args, i, 0);
  }
}
