// Y[M, 80] = W[M, K] . X[K, 80] for 4x1 blocks, AVX-512 VNNI: a panel of 64 tokens and the
// panel of 16 that follows it, in one pass over W.
//
// Operands as in spmm_u8s8_4x1_n64_avx512vnni.cc and, for the tail, _n16_: weights and channels
// are read once for both, and the tail's few vpdpbusd fill gaps that it would leave alone.
//
//   64 tokens: 4 loads, 8 unpacks, 16 vpdpbusd; 16 tokens: 4 loads, 4 shuffles, 4 vpdpbusd
//
//   registers: 20 sums + 5 x + 4 pairs + 1 weights = 30 of 32
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake
//   vpdpbusd zmm                                       4, 1 (FP0 FP1)       5, 1
//   vpunpck*, vpshufb zmm                              1-2, 1 (FP1 FP2)     1, 1 (p5)
//   vpermd, vinserti64x4 zmm                           4, 1 (FP1 FP2)       3, 1 (p5)
//
// Bound: 20 vpdpbusd and 12 shuffles on three half-width pipes, 64 halves / 3 = 21.3 cycles
// for 20 vpdpbusd.

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/requantize_avx512.h"
#include "spmm/operands_avx512.h"
#include "spmm_kernels.h"

static inline __attribute__((always_inline)) void block_row(const struct spmm_args* args,
                                                            const struct spmm_args* tail,
                                                            int64_t i, int channels_are_wide) {
  __m512i sum[4][4], tail_sum[4];
  for (int r = 0; r < 4; ++r) {
    tail_sum[r] = _mm512_setzero_si512();
    for (int j = 0; j < 4; ++j) sum[r][j] = _mm512_setzero_si512();
  }

  for (int64_t g = args->group_begin[i]; g < args->group_begin[i + 1]; ++g) {
    uint64_t channel[4];
    for (int c = 0; c < 4; ++c) channel[c] = channel_of(args, 4 * g + c, channels_are_wide);
    __m512i x[4];
    interleave_n64(args->x, channel, x);
    const __m512i tail_x = interleave_n16(args->tail_x, channel);
    for (int r = 0; r < 4; ++r) {
      const __m512i w = weights_of(args, g, 4, r);
      for (int j = 0; j < 4; ++j) sum[r][j] = _mm512_dpbusd_epi32(sum[r][j], x[j], w);
      tail_sum[r] = _mm512_dpbusd_epi32(tail_sum[r], tail_x, w);
    }
  }

  const int64_t m = 4 * i;
  store_line_n64(args, m, sum[0]);
  store_line_n16(tail, m, tail_sum[0]);
  if (m + 1 < args->m) store_line_n64(args, m + 1, sum[1]);
  if (m + 1 < args->m) store_line_n16(tail, m + 1, tail_sum[1]);
  if (m + 2 < args->m) store_line_n64(args, m + 2, sum[2]);
  if (m + 2 < args->m) store_line_n16(tail, m + 2, tail_sum[2]);
  if (m + 3 < args->m) store_line_n64(args, m + 3, sum[3]);
  if (m + 3 < args->m) store_line_n16(tail, m + 3, tail_sum[3]);
}

void spmm_u8s8_4x1_n80_avx512vnni(const struct spmm_args* args, int64_t begin, int64_t end) {
  struct spmm_args tail = *args;
  tail.y = args->tail_y;
  if (args->channels_are_wide) {
    for (int64_t i = begin; i < end; ++i) block_row(args, &tail, i, 1);
  } else {
    for (int64_t i = begin; i < end; ++i) block_row(args, &tail, i, 0);
  }
}
