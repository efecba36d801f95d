// Y[N, M] = X[N, K] . W[M, K]^T for R x 1 blocks and a few tokens, in plain C++: runs on any CPU.
//
// Reads the same packed weights as the vector kernels (include/spmv.h).

#include "epilogue/requantize_scalar.h"
#include "spmv_kernels.h"

namespace {

// Block row i of a slice.
template <int kRows>
void add_block_row(const uint8_t* channels, const int8_t* weights, int64_t groups, int64_t i,
                   const uint8_t* x, int32_t* sums) {
  for (int64_t group = 0; group < groups; ++group) {
    const uint8_t* channel = channels + spmv_channels_at(groups, group, i);
    for (int r = 0; r < kRows; ++r) {
      const int8_t* weight = weights + kRows * SPMV_GROUP * group + SPMV_LINE * (r / 4) +
                             16 * i + 4 * (r % 4);
      for (int c = 0; c < 4; ++c) sums[r] += x[channel[c]] * weight[c];
    }
  }
}

template <int kRows>
void multiply_chunk(const spmv_args& args, int64_t chunk, int64_t token) {
  int32_t sums[SPMV_CHUNK_ROWS][kRows] = {};
  for (int64_t tile = 0; tile < args.tiles; ++tile) {
    const int64_t place = chunk * args.tiles + tile;
    const uint8_t* x = args.x + SPMV_TILE * (token * args.tiles + tile);
    int64_t begin = args.group_begin[place];
    for (int slice = 0; slice < SPMV_SLICES; ++slice) {
      const uint8_t* row = args.order + SPMV_CHUNK_ROWS * place + SPMV_SLICE_ROWS * slice;
      const int64_t groups = args.groups[SPMV_SLICES * place + slice];
      for (int i = 0; i < SPMV_SLICE_ROWS; ++i) {
        add_block_row<kRows>(args.channels + SPMV_GROUP * begin,
                             args.weights + kRows * SPMV_GROUP * begin, groups, i, x,
                             sums[row[i]]);
      }
      begin += groups;
    }
  }
  const int64_t first = chunk * SPMV_CHUNK_ROWS * kRows;
  for (int64_t m = first; m < args.m && m < first + SPMV_CHUNK_ROWS * kRows; ++m) {
    store_element_scalar(args.output, args.y, token * args.m + m,
                         sums[(m - first) / kRows][m % kRows], args.scale ? args.scale[m] : 0.0f,
                         args.bias ? args.bias[m] : 0.0f);
  }
}

template <int kRows>
void multiply(const spmv_args* args, int64_t chunk_begin, int64_t chunk_end) {
  for (int64_t chunk = chunk_begin; chunk < chunk_end; ++chunk) {
    for (int64_t token = 0; token < args->tokens; ++token) {
      multiply_chunk<kRows>(*args, chunk, token);
    }
  }
}

}  // namespace

void spmv_u8s8_4x1_scalar(const spmv_args* args, int64_t begin, int64_t end) {
  multiply<4>(args, begin, end);
}

void spmv_u8s8_8x1_scalar(const spmv_args* args, int64_t begin, int64_t end) {
  multiply<8>(args, begin, end);
}

void spmv_u8s8_16x1_scalar(const spmv_args* args, int64_t begin, int64_t end) {
  multiply<16>(args, begin, end);
}
