// Y[M, 32] = W[M, K] . X[K, 32] for 4x1 blocks, AVX-512 VNNI.
//
// Operands as in spmm_u8s8_4x1_n64_avx512vnni.cc, lines of 32 bytes. A line holds
// two registers' worth of tokens, eight bytes a 128-bit lane, so that:
//
//   both[p]    lane L: 8 bytes of line 2p, 8 bytes of line 2p + 1    2 vpermt2q
//   pair[p]    their bytes interleaved                               2 vpshufb
//   x[j]       unpack words: dword = one token's 4 channels          2 unpacks
//   sum[r][j] += x[j] . broadcast(weights[r])                        8 vpdpbusd
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake
//   vpdpbusd zmm                                       4, 1 (FP0 FP1)       5, 1
//   vpermt2q zmm                                       4, 1 (FP1 FP2)       3, 1 (p5)
//   vpshufb, vpunpck* zmm                              1-2, 1 (FP1 FP2)     1, 1 (p5)
//
// Bound: 8 vpdpbusd and 6 shuffles on three half-width pipes: 28 halves / 3 = 9.3 cycles
// for 8 vpdpbusd. Two groups a turn into separate sums are not needed: eight sums cover
// the latency of 4.

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/requantize_avx512.h"
#include "spmm/operands_avx512.h"
#include "spmm_kernels.h"

// Lane L of the result: bytes 8 L .. 8 L + 7 of both lines, interleaved.
static inline __attribute__((always_inline)) __m512i interleave(const uint8_t* even,
                                                                const uint8_t* odd) {
  const __m512i lanes = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0);
  const __m512i bytes = _mm512_broadcast_i32x4(
      _mm_set_epi8(15, 7, 14, 6, 13, 5, 12, 4, 11, 3, 10, 2, 9, 1, 8, 0));
  const __m512i both = _mm512_permutex2var_epi64(
      _mm512_castsi256_si512(_mm256_load_si256((const __m256i*)even)), lanes,
      _mm512_castsi256_si512(_mm256_load_si256((const __m256i*)odd)));
  return _mm512_shuffle_epi8(both, bytes);
}

static inline __attribute__((always_inline)) void block_row(const struct spmm_args* args,
                                                            int64_t i, int channels_are_wide) {
  __m512i sum[4][2];
  for (int r = 0; r < 4; ++r) {
    for (int j = 0; j < 2; ++j) sum[r][j] = _mm512_setzero_si512();
  }

  for (int64_t g = args->group_begin[i]; g < args->group_begin[i + 1]; ++g) {
    const uint8_t* line[4];
    for (int c = 0; c < 4; ++c) {
      line[c] = args->x + 32 * channel_of(args, 4 * g + c, channels_are_wide);
    }
    const __m512i pair01 = interleave(line[0], line[1]);
    const __m512i pair23 = interleave(line[2], line[3]);
    const __m512i x[2] = {
        _mm512_unpacklo_epi16(pair01, pair23),
        _mm512_unpackhi_epi16(pair01, pair23),
    };
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
