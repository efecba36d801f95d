// What sweeps share: the channels of a group, a dword of its weights; and, where there is no vpdpbusd, how
// words take the place of bytes.
//
// vpmaddubsw, which takes bytes as they are, saturates at 16 bits: 255 * -128 * 2 does not fit. The
// exact way is vpmaddwd on words. Of the dword of four weights that vpdpbusd would take, the even and
// the odd ones are two pairs of words:
//
//   w0 w1 w2 w3   ->   even  w0 w2   (shifted left, then right, by 8)      odd  w1 w3   (right by 8)
//
// and lines of X are unpacked with zeros to the same pairs of channels. (Halves of X or of W that cannot
// saturate, x = 2 (x >> 1) + (x & 1), cost five instructions where this costs four.)
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "inline.h"
#include "spmm.h"

namespace {

// Channels of a group of block row i. All block rows of a dense matrix (kCols = 0) share one list.
template <int kCols, typename Channel>
SPBENCH_INLINE void channels_of(const spmm_args* args, int64_t i, int64_t group,
                                uint64_t channel[4]) {
  const Channel* channels = (const Channel*)args->channels;
  if (kCols == 0) group -= args->group_begin[i];
  SPBENCH_UNROLL for (int c = 0; c < 4; ++c) {
    channel[c] = kCols == 1 ? channels[4 * group + c] : channels[group] + (uint64_t)c;
  }
}

SPBENCH_INLINE int32_t load_dword(const void* bytes) {
  int32_t dword;
  memcpy(&dword, bytes, sizeof dword);
  return dword;
}

}  // namespace
