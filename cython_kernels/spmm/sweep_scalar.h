// What all scalar kernels do with a panel. They read the same packed weights and panels as the
// vector kernels (include/spmm.h, include/panels.h), add up in the byte order of the panel, where
// neighbouring bytes are neighbouring sums, and bring tokens into order when they store.
//
// Bound: the compiler's own vectorisation of a u8 x s8 multiply-add; a few GOPS.
#pragma once

#include "epilogue/store_scalar.h"
#include "panels.h"
#include "spmm.h"

namespace {

int64_t channel_at(const spmm_args& args, int64_t index) {
  return args.channels_are_wide ? static_cast<const uint32_t*>(args.channels)[index]
                                : static_cast<const uint16_t*>(args.channels)[index];
}

template <int kRows, int kCols, int kWidth>
void sweep(const spmm_args& args, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    int32_t sums[kRows][kWidth] = {};
    for (int64_t g = args.group_begin[i]; g < args.group_begin[i + 1]; ++g) {
      for (int c = 0; c < 4; ++c) {
        const int64_t group = kCols == 0 ? g - args.group_begin[i] : g;
        const int64_t channel =
            kCols == 1 ? channel_at(args, 4 * group + c) : channel_at(args, group) + c;
        const uint8_t* line = args.x + channel * kWidth;
        for (int r = 0; r < kRows; ++r) {
          const int32_t w = args.weights[(kRows * g + r) * 4 + c];
          for (int byte = 0; byte < kWidth; ++byte) sums[r][byte] += w * line[byte];
        }
      }
    }
    for (int r = 0; r < kRows && kRows * i + r < args.m; ++r) {
      store_line_scalar<kWidth>(args, kRows * i + r, sums[r]);
    }
  }
}

}  // namespace
