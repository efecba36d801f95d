// Y[M, w] = W[M, K] . X[K, w] for 4x1 blocks, in plain C++: runs on any CPU.
//
// Reads the same packed weights and panels as the vector kernels (include/spmm.h,
// include/panels.h), adds up in the byte order of the panel, where neighbouring
// bytes are neighbouring accumulators, and brings tokens into order when it stores.
//
// Bound: the compiler's own vectorisation of a u8 x s8 multiply-add; a few GOPS.

#include "epilogue/requantize_scalar.h"
#include "panels.h"
#include "spmm_kernels.h"

namespace {

constexpr int kRows = 4;

int64_t channel(const spmm_args& args, int64_t index) {
  return args.channels_are_wide ? static_cast<const uint32_t*>(args.channels)[index]
                                : static_cast<const uint16_t*>(args.channels)[index];
}

template <int kWidth>
void block_row(const spmm_args& args, int64_t i) {
  int32_t sums[kRows][kWidth] = {};
  for (int64_t g = args.group_begin[i]; g < args.group_begin[i + 1]; ++g) {
    for (int c = 0; c < 4; ++c) {
      const uint8_t* line = args.x + channel(args, 4 * g + c) * kWidth;
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

template <int kWidth>
void block_rows(const spmm_args* args, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) block_row<kWidth>(*args, i);
}

}  // namespace

void spmm_u8s8_4x1_n64_scalar(const spmm_args* args, int64_t begin, int64_t end) {
  block_rows<64>(args, begin, end);
}

void spmm_u8s8_4x1_n32_scalar(const spmm_args* args, int64_t begin, int64_t end) {
  block_rows<32>(args, begin, end);
}

void spmm_u8s8_4x1_n16_scalar(const spmm_args* args, int64_t begin, int64_t end) {
  block_rows<16>(args, begin, end);
}
