// What all AVX-512 VNNI kernels do with a panel: kRows rows of every block row by kCount registers
// of 16 tokens, all groups of all block rows in one stream.
//
//   x[j]        dword = one token's four channels, from lines of X (spmm/lines_avx512.h)
//   w           one dword of W in all lanes: vpbroadcastd from memory, or embedded
//   sum[r][j]  += x[j] . w[r]                                  vpdpbusd
//
// The lines of group g + 1 are interleaved while group g is multiplied, also where a new block row
// begins: its first lines are ready when the sums of the one before are stored. Source order is
// kept (-fno-schedule-insns2): the shuffles stand between the columns that they follow.
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake
//   vpdpbusd zmm                                       4, 1 (FP0 FP1)       5, 1 (p0; p05 with two units)
//   vpbroadcastd zmm, m32                              load only            load only
//   vmovdqa64 zmm, m512                                load, 1              load, 2
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/store_avx512.h"
#include "inline.h"
#include "spmm/groups.h"
#include "spmm/lines_avx512.h"
#include "spmm.h"

namespace {

SPBENCH_INLINE __m512i broadcast(const int8_t* weights) {
  return _mm512_set1_epi32(load_dword(weights));
}

// Rows kFirstRow .. kFirstRow + kRows - 1 of every block row, registers kFirst .. of every line.
template <typename Channel, int kBlockRows, int kCols, int kWidth, int kFirstRow, int kRows,
          int kFirst, int kCount>
SPBENCH_INLINE void sweep(const spmm_args* args, int64_t begin, int64_t end) {
  int64_t g = args->group_begin[begin];
  uint64_t channel[4];
  Lines<kWidth, kFirst, kCount> lines;
  __m512i x[kCount];
  channels_of<kCols, Channel>(args, begin, g, channel);
  lines.load(args->x, channel);
  SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) lines.advance(j, x);

  for (int64_t i = begin; i < end; ++i) {
    __m512i sum[kRows][kCount];
    SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
      SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) sum[r][j] = _mm512_setzero_si512();
    }
    prefetch_residual<kWidth, kFirst, kCount, kRows>(args, kBlockRows * i + kFirstRow);
    for (const int64_t last = args->group_begin[i + 1]; g < last; ++g) {
      const int8_t* weights = args->weights + 4 * (kBlockRows * g + kFirstRow);
      channels_of<kCols, Channel>(args, i, g + 1, channel);
      lines.load(args->x, channel);
      SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
        SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
          sum[r][j] = _mm512_dpbusd_epi32(sum[r][j], x[j], broadcast(weights + 4 * r));
        }
        lines.advance(j, x);
      }
    }
    store_rows<kWidth, kFirst, kCount, kRows>(args, kBlockRows * i + kFirstRow, sum);
  }
}

// One group: all registers of a panel, interleaved, then multiplied.
template <int kWidth, int kRows, int kCount>
SPBENCH_INLINE void multiply(const uint8_t* panel, const uint64_t channel[4],
                             const int8_t* weights, __m512i sum[kRows][kCount]) {
  Lines<kWidth, 0, kCount> lines;
  __m512i x[kCount];
  lines.load(panel, channel);
  SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) lines.advance(j, x);
  SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
    const __m512i w = broadcast(weights + 4 * r);
    SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
      sum[r][j] = _mm512_dpbusd_epi32(sum[r][j], x[j], w);
    }
  }
}

// A panel of 64 tokens and one of 16 in one pass: weights and channels are read once, and the
// products of the tail, which alone would wait for its shuffles, fill the gaps of the others.
// Twenty sums leave no registers for lines ahead: a group is interleaved when it is multiplied.
template <typename Channel, int kRows, int kCols>
SPBENCH_INLINE void sweep_n80(const spmm_args* args, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    __m512i sum[kRows][4], tail_sum[kRows][1];
    SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
      SPBENCH_UNROLL for (int j = 0; j < 4; ++j) sum[r][j] = _mm512_setzero_si512();
      tail_sum[r][0] = _mm512_setzero_si512();
    }
    for (int64_t g = args->group_begin[i]; g < args->group_begin[i + 1]; ++g) {
      const int8_t* weights = args->weights + 4 * kRows * g;
      uint64_t channel[4];
      channels_of<kCols, Channel>(args, i, g, channel);
      multiply<64, kRows, 4>(args->x, channel, weights, sum);
      multiply<16, kRows, 1>(args->tail->x, channel, weights, tail_sum);
    }
    store_rows<64, 0, 4, kRows>(args, kRows * i, sum);
    store_rows<16, 0, 1, kRows>(args->tail, kRows * i, tail_sum);
  }
}

}  // namespace

// The same for both widths of channel numbers.
#define SPBENCH_SWEEP(args, begin, end, ...)            \
  ((args)->channels_are_wide                            \
       ? sweep<uint32_t, __VA_ARGS__>(args, begin, end) \
       : sweep<uint16_t, __VA_ARGS__>(args, begin, end))
#define SPBENCH_SWEEP_N80(args, begin, end, ...)            \
  ((args)->channels_are_wide                                \
       ? sweep_n80<uint32_t, __VA_ARGS__>(args, begin, end) \
       : sweep_n80<uint16_t, __VA_ARGS__>(args, begin, end))
