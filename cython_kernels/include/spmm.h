// The contract of a SpMM kernel: one panel of Y = W . X for a range of block rows.
//
//   Y[M, w] = W[M, K] . X[K, w]      W s8 in R x 1 blocks, X u8, accumulated in s32
//
// W is packed by block row in groups of four blocks, i.e. four input channels:
//
//   group g of block row i:  weights   [R][4] s8   weights[4 R g + 4 r + c]
//                            channels  [4]         the c-th input channel of the group
//
// so that one dword of weights is what vpdpbusd multiplies with four interleaved
// lines of X. A last group is filled up with zero weights on a channel that the
// group already reads.
//
// The caller guarantees: every line of x and y starts at a multiple of its own size, of
// 64 bytes if it is larger; every channel is below K; scale and bias have M elements when
// the output is not s32. Weights may lie anywhere. A kernel writes rows 0 .. M - 1 of y and nothing else; it neither
// allocates, dispatches nor starts threads.
#pragma once

#include <stdint.h>

enum spbench_output {
  SPBENCH_S32 = 0,  // the product itself
  SPBENCH_F32 = 1,  // scale[m] * product + bias[m]
  SPBENCH_U8 = 2,   // the same, rounded to nearest even, saturated
  SPBENCH_S8 = 3,
};

struct spmm_args {
  int64_t m;
  const int64_t* group_begin;  // [block rows + 1]
  const int8_t* weights;
  const void* channels;   // u16 where K <= 65536, else u32
  int channels_are_wide;  // 1: u32
  enum spbench_output output;
  const float* scale;  // [M]; null for s32
  const float* bias;   // [M]; zero points are already folded into it
  const uint8_t* x;    // [K][w]
  void* y;             // [M][w]
  const uint8_t* tail_x;  // [K][16], for kernels of width 80 only
  void* tail_y;           // [M][16]
};

typedef void (*spmm_kernel)(const struct spmm_args* args, int64_t block_row_begin,
                            int64_t block_row_end);
