// Y[M, 16] = W[M, K] . X[K, 16] for 4x1 blocks, AVX-512 VNNI.
//
// Operands as in spmm_u8s8_4x1_n64_avx512vnni.cc, lines of 16 bytes. Four lines fill
// one register:
//
//   lines      lane c: line c                             4 loads, 3 of them inserting
//   dwords     lane L: dword c = tokens 4 L .. of line c  1 vpermd
//   x          dword b = token 4 L + b's 4 channels       1 vpshufb
//   sum[r] += x . broadcast(weights[r])                   4 vpdpbusd
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake
//   vpdpbusd zmm                                       4, 1 (FP0 FP1)       5, 1
//   vinserti128 ymm, m128                              1, 2                 3, 2 (load, p015)
//   vinserti64x4, vpermd zmm                           4, 1 (FP1 FP2)       3, 1 (p5)
//   vpshufb zmm                                        2, 1 (FP1 FP2)       1, 1 (p5)
//
// Bound: 4 vpdpbusd and 4 shuffles on three half-width pipes, 16 halves / 3 = 5.3 cycles
// for 4 vpdpbusd. Two groups a turn go into separate sums: four sums alone would wait for
// vpdpbusd's latency.

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/requantize_avx512.h"
#include "spmm/operands_avx512.h"
#include "spmm_kernels.h"

static inline __attribute__((always_inline)) void add_group(const struct spmm_args* args,
                                                            int64_t g, int channels_are_wide,
                                                            __m512i sum[4]) {
  uint64_t channel[4];
  for (int c = 0; c < 4; ++c) channel[c] = channel_of(args, 4 * g + c, channels_are_wide);
  const __m512i x = interleave_n16(args->x, channel);
  for (int r = 0; r < 4; ++r) {
    sum[r] = _mm512_dpbusd_epi32(sum[r], x, weights_of(args, g, 4, r));
  }
}

static inline __attribute__((always_inline)) void block_row(const struct spmm_args* args,
                                                            int64_t i, int channels_are_wide) {
  __m512i even[4], odd[4];
  for (int r = 0; r < 4; ++r) even[r] = odd[r] = _mm512_setzero_si512();

  int64_t g = args->group_begin[i];
  for (; g + 1 < args->group_begin[i + 1]; g += 2) {
    add_group(args, g, channels_are_wide, even);
    add_group(args, g + 1, channels_are_wide, odd);
  }
  if (g < args->group_begin[i + 1]) add_group(args, g, channels_are_wide, even);

  for (int r = 0; r < 4 && 4 * i + r < args->m; ++r) {
    store_line_n16(args, 4 * i + r, _mm512_add_epi32(even[r], odd[r]));
  }
}

void spmm_u8s8_4x1_n16_avx512vnni(const struct spmm_args* args, int64_t begin, int64_t end) {
  if (args->channels_are_wide) {
    for (int64_t i = begin; i < end; ++i) block_row(args, i, 1);
  } else {
    for (int64_t i = begin; i < end; ++i) block_row(args, i, 0);
  }
}
