// The contract of a SpMM kernel on floating point: one panel of Y = W . X for a range of
// block rows, for models that are not quantised.
//
//   Y[M, w] = max(floor, W[M, K] . X[K, w] + bias[M])
//
// W in R x 1 blocks, W and X both f32 or both bf16, sums in f32.
//
// W is packed by block row, in groups of C blocks, i.e. C input channels: one for f32, for
// bf16 two, which vdpbf16ps multiplies and adds together:
//
//   group g of block row i:  weights   [R][C]   weights[C (R g + r) + c]
//                            channels  [C]      the c-th input channel of the group
//
//   f32, R = 4:   w0 | w1 | w2 | w3               16 bytes, and 2 of channel
//   bf16, R = 4:  w0a w0b | w1a w1b | w2a w2b | w3a w3b     16 bytes, and 4 of channels a, b
//
// A last group of bf16 is filled up with zero weights on a channel that the group already
// reads.
//
// The caller guarantees: lines lie in x and y as include/panels_bf16.h says, each at a
// multiple of its own size, of 64 bytes if it is larger; every channel is below K; weights at
// a multiple of 4 bytes. X is finite: weights that are zero inside a block are multiplied like
// any other. A kernel writes rows 0 .. M - 1 of y and nothing else; it neither allocates,
// dispatches nor starts threads.
#pragma once

#include <stdint.h>

enum spmm_float_type { SPMM_FLOAT_F32 = 0, SPMM_FLOAT_BF16 = 1 };

struct spmm_float_args {
  int64_t m;
  const int64_t* group_begin;   // [block rows + 1]
  const void* weights;          // f32, or bf16 as u16
  const void* channels;         // u16 where K <= 65536, else u32
  int channels_are_wide;        // 1: u32
  enum spmm_float_type output;  // bf16 only from kernels of bf16
  const float* bias;            // [M]; zeros for none
  float floor;                  // 0 for a ReLU, -infinity for none
  const void* x;                // [K][w]
  void* y;                      // [M][w]
};

typedef void (*spmm_float_kernel)(const struct spmm_float_args* args, int64_t block_row_begin,
                                  int64_t block_row_end);
