// The contract of a SpMV kernel: one token.
//
//   Y[M] = W[M, K] . X[K]      W s8 in 4 x 1 blocks, X u8, accumulated in s32
//
// One token leaves nothing to reuse a weight for: time is the bytes of W. So the channel
// of a block is one byte, its number within a tile of 256 channels, and X's tile is held
// in registers as a table to look those bytes up in. W is packed by chunks of 64 block rows
// and, within a chunk, by tiles:
//
//   chunk c, tile t:  counts [17] u8   counts[g]: how many block rows have g groups here
//                     order  [64] u8   the chunk's block rows, those with fewer groups first
//                     groups           of those block rows, in that order
//
//   group: 16 blocks  channels [16] u8      within the tile
//                     weights  [4][16] s8   row by row: a 128-bit lane is a row
//
// Rows of equal length stand together so that a kernel's inner loop has a constant length,
// which branch prediction learns. A last group is filled up with zero weights.
//
// The caller guarantees: x is readable up to 256 * tiles bytes (what is there past K does not
// matter); weights start at a multiple of 64 bytes; scale and bias have M elements when the
// output is not s32. A kernel writes elements 4 * 64 * chunk_begin .. of y and nothing else.
#pragma once

#include <stdint.h>

#include "spmm.h"

enum {
  SPMV_CHUNK_ROWS = 64,    // block rows
  SPMV_TILE = 256,         // channels
  SPMV_GROUP = 16,         // blocks
  SPMV_MOST_GROUPS = 16,   // of a block row in a tile: all its channels
  SPMV_COUNTS = SPMV_MOST_GROUPS + 1,
};

struct spmv_args {
  int64_t m, tiles;
  const uint8_t* counts;       // [chunks][tiles][17]
  const uint8_t* order;        // [chunks][tiles][64]
  const int64_t* group_begin;  // [chunks * tiles + 1] first group of each
  const uint8_t* channels;     // [groups][16]
  const int8_t* weights;       // [groups][4][16]
  enum spbench_output output;
  const float* scale;  // [M]; null for s32
  const float* bias;   // [M]; zero points are already folded into it
  const uint8_t* x;    // [256 * tiles]
  void* y;             // [M]
};

typedef void (*spmv_kernel)(const struct spmv_args* args, int64_t chunk_begin, int64_t chunk_end);
