// The contract of a SpMV kernel: a few tokens.
//
//   Y[N, M] = X[N, K] . W[M, K]^T    W s8 in R x 1 blocks (R = 4, 8, 16), X u8, accumulated in s32
//
// A token or two leave little to reuse a weight for: time is the bytes of W. So the channel of
// a block is one byte, its number within a tile of 256 channels, and a token's tile is held in
// registers as a table to look those bytes up in. W is packed by chunks of 64 block rows and,
// within a chunk, by tiles of channels; such a place holds 16 slices of four block rows:
//
//   place     order  [64] u8    the chunk's block rows, those with fewer blocks here first
//             groups [16] u8    of each slice, which is four block rows of that order
//
//   slice     its groups one after another; a group is four channels of each block row:
//
//   group     channels  4 block rows x 4                                 16 bytes
//             weights   [R / 4] lines of 64 bytes; line h has
//                       lane i (128 bits)  block row i
//                       its dword r        row 4 h + r of that block row, 4 channels
//
//   channels  of four groups at a time, so that 64 are looked up at once:
//
//             line      lane i             block row i
//                       its dword g        its 4 channels of group g
//
//             A slice's last line has as many dwords in a lane as groups are left, 1 to 4.
//
// This is sliced ELLPACK (SELL-C-sigma; Kreutzer et al., arXiv 1307.6209) of blocks: a block
// row is padded to a multiple of four blocks only, 1.5 on average, and sorting leaves the four
// of a slice about equally long. Padding has zero weights and repeats the last channel.
//
// The caller guarantees: x is readable up to 256 * tiles bytes a token (what is there past K
// does not matter); channels is readable SPMV_SLACK bytes past the last group; weights start
// at a multiple of 64 bytes; scale and bias have M elements when the output is not s32. A
// kernel writes elements R * 64 * chunk_begin .. of each token of y and nothing else.
#pragma once

#include <stdint.h>

#include "spmm.h"

enum {
  SPMV_CHUNK_ROWS = 64,  // block rows
  SPMV_TILE = 256,       // channels
  SPMV_SLICE_ROWS = 4,   // block rows
  SPMV_SLICES = SPMV_CHUNK_ROWS / SPMV_SLICE_ROWS,
  SPMV_GROUP = 16,       // blocks: four of each block row of a slice
  SPMV_LINE = 64,        // bytes: channels of four groups, or weights of one
  SPMV_SLACK = 48,       // bytes of channels that may be read past the last group
};

struct spmv_args {
  int64_t m, tiles, tokens;
  const uint8_t* order;        // [chunks][tiles][64]
  const uint8_t* groups;       // [chunks][tiles][16]
  const int64_t* group_begin;  // [chunks * tiles + 1] first group of each place
  const uint8_t* channels;     // [groups][16]
  const int8_t* weights;       // [groups][R / 4][64]
  enum spbench_output output;
  const float* scale;  // [M]; null for s32
  const float* bias;   // [M]; zero points are already folded into it
  const uint8_t* x;    // [tokens][256 * tiles]
  void* y;             // [tokens][M]
};

typedef void (*spmv_kernel)(const struct spmv_args* args, int64_t chunk_begin, int64_t chunk_end);

// Where the channels of block row i (0 .. 3) of a group are, in bytes from those of its slice.
static inline int64_t spmv_channels_at(int64_t groups_of_slice, int64_t group, int64_t i) {
  const int64_t line = group / 4 * 4;
  const int64_t dwords = groups_of_slice - line < 4 ? groups_of_slice - line : 4;
  return SPMV_GROUP * line + 4 * (dwords * i + group - line);
}
