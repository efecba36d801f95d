// Y[M, 64] = W[M, K] . X[K, 64] for 4x1 blocks, AVX-512 VNNI.
//
// Operands: X u8, one panel of 64 tokens, a channel a cache line; W s8, groups of
// four channels (include/spmm.h); Y s32, f32, u8 or s8 in lines of 64 tokens.
//
// One group, four lines interleaved in registers once and used by four rows:
//
//   line[c]    X[channel c][64 tokens]                    4 loads of 64 bytes
//   pair_..    unpack bytes of lines 0,1 and of lines 2,3  4 unpacks
//   x[j]       unpack words: dword = one token's 4 channels 4 unpacks
//   sum[r][j] += x[j] . broadcast(weights[r])             16 vpdpbusd
//
//   registers: 16 sums + 4 x + 4 pairs + 4 lines / weights = 28 of 32
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake
//   vpdpbusd zmm                                       4, 1 (FP0 FP1)       5, 1 (p0; p05 with two units)
//   vpunpck* zmm                                       1, 1 (FP1 FP2)       1, 1 (p5)
//   vpbroadcastd zmm, m32                              load only            load only
//   vmovdqa64 zmm, m512                                load, 1              load, 2
//
// Bound: 16 vpdpbusd a group, 1 a cycle; on Zen 4 the 8 unpacks mostly fit beside them
// on FP2. Sixteen sums cover vpdpbusd's latency four times over. Lines come from L1 or
// L2: 256 bytes in 16 cycles.
//
// Source of the idea: arXiv 2306.16601, section 4 (4x1 blocks on VNNI), there with
// 4 x 4 tiles transposed for every weight and generated code.

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/requantize_avx512.h"
#include "spmm/operands_avx512.h"
#include "spmm_kernels.h"

static inline __attribute__((always_inline)) void block_row(const struct spmm_args* args,
                                                            int64_t i, int channels_are_wide) {
  __m512i sum[4][4];
  for (int r = 0; r < 4; ++r) {
    for (int j = 0; j < 4; ++j) sum[r][j] = _mm512_setzero_si512();
  }

  for (int64_t g = args->group_begin[i]; g < args->group_begin[i + 1]; ++g) {
    uint64_t channel[4];
    for (int c = 0; c < 4; ++c) channel[c] = channel_of(args, 4 * g + c, channels_are_wide);
    __m512i x[4];
    interleave_n64(args->x, channel, x);
    for (int r = 0; r < 4; ++r) {
      const __m512i w = weights_of(args, g, 4, r);
      for (int j = 0; j < 4; ++j) sum[r][j] = _mm512_dpbusd_epi32(sum[r][j], x[j], w);
    }
  }

  const int64_t m = 4 * i;
  store_line_n64(args, m, sum[0]);
  if (m + 1 < args->m) store_line_n64(args, m + 1, sum[1]);
  if (m + 2 < args->m) store_line_n64(args, m + 2, sum[2]);
  if (m + 3 < args->m) store_line_n64(args, m + 3, sum[3]);
}

void spmm_u8s8_4x1_n64_avx512vnni(const struct spmm_args* args, int64_t begin, int64_t end) {
  if (args->channels_are_wide) {
    for (int64_t i = begin; i < end; ++i) block_row(args, i, 1);
  } else {
    for (int64_t i = begin; i < end; ++i) block_row(args, i, 0);
  }
}
