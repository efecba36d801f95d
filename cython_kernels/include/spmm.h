// The contract of a SpMM kernel: one panel of Y = W . X for a range of block rows.
//
//   Y[M, w] = W[M, K] . X[K, w]      W s8 in R x C blocks, C = 1 or 4, X u8, accumulated in s32
//
// W is packed by block row in groups of four input channels, each for R rows:
//
//   group g of block row i:  weights   [R][4] s8   weights[4 R g + 4 r + c]
//                            channels  C = 1: [4], any four; C = 4: the first of four neighbours
//
// so that one dword of weights is what vpdpbusd multiplies with four interleaved
// lines of X. A group is four R x 1 blocks or one R x 4 block. A last group of R x 1 blocks is
// filled up with zero weights on a channel that the group already reads; the last R x 4 block
// of a row of W that 4 does not divide starts so much earlier, its first weights zero.
//
// A dense matrix is packed the same way, as blocks of R x K: all block rows have the groups
// 0 .. ceil(K / 4) - 1, and `channels` is one list of their first channels for all block rows.
//
// The caller guarantees: every line of x and y starts at a multiple of its own size, of
// 64 bytes if it is larger; every channel is below K; the channels of one more group can be
// read behind the last and are channels too (kernels load the lines of the group to come);
// scale and bias have M elements when the output is not s32. Weights may lie anywhere. A kernel
// writes rows R block_row_begin .. R block_row_end - 1, as far as Y has them, and nothing else;
// it neither allocates, dispatches nor starts threads.
#pragma once

#include <stdint.h>

#include "epilogue.h"

enum { SPMM_ALL_COLUMNS = 0 };  // as the block columns of a dense kernel

struct spmm_args {
  int64_t m;
  const int64_t* group_begin;  // [block rows + 1]
  const int8_t* weights;
  const void* channels;   // u16 where K <= 65536, else u32
  int channels_are_wide;  // 1: u32
  struct spbench_epilogue epilogue;
  const uint8_t* x;  // [K][w]
  void* y;           // [M][w]
  const struct spmm_args* tail;  // of kernels that run two panels in one pass: the second one
};

typedef void (*spmm_kernel)(const struct spmm_args* args, int64_t block_row_begin,
                            int64_t block_row_end);
