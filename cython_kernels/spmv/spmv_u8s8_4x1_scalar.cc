// Y[M] = W[M, K] . X[K] for 4x1 blocks and one token, in plain C++: runs on any CPU.
//
// Reads the same packed weights as the vector kernels (include/spmv.h).

#include "epilogue/requantize_scalar.h"
#include "spmv_kernels.h"

namespace {

constexpr int kRows = 4;

void add_group(const spmv_args& args, int64_t group, const uint8_t* tile, int32_t* sums) {
  for (int block = 0; block < SPMV_GROUP; ++block) {
    const int32_t x = tile[args.channels[SPMV_GROUP * group + block]];
    for (int r = 0; r < kRows; ++r) {
      sums[r] += x * args.weights[(kRows * group + r) * SPMV_GROUP + block];
    }
  }
}

void add_tile(const spmv_args& args, int64_t chunk, int64_t t, int32_t sums[][kRows]) {
  const int64_t place = chunk * args.tiles + t;
  const uint8_t* counts = args.counts + SPMV_COUNTS * place;
  const uint8_t* row = args.order + SPMV_CHUNK_ROWS * place + counts[0];
  int64_t group = args.group_begin[place];
  for (int length = 1; length <= SPMV_MOST_GROUPS; ++length) {
    for (int i = 0; i < counts[length]; ++i, ++row) {
      for (int g = 0; g < length; ++g, ++group) {
        add_group(args, group, args.x + SPMV_TILE * t, sums[*row]);
      }
    }
  }
}

}  // namespace

void spmv_u8s8_4x1_scalar(const spmv_args* args, int64_t chunk_begin, int64_t chunk_end) {
  for (int64_t chunk = chunk_begin; chunk < chunk_end; ++chunk) {
    int32_t sums[SPMV_CHUNK_ROWS][kRows] = {};
    for (int64_t t = 0; t < args->tiles; ++t) add_tile(*args, chunk, t, sums);
    const int64_t first = chunk * SPMV_CHUNK_ROWS * kRows;
    for (int64_t m = first; m < args->m && m < first + SPMV_CHUNK_ROWS * kRows; ++m) {
      store_element_scalar(args->output, args->y, m, sums[(m - first) / kRows][m % kRows],
                           args->scale ? args->scale[m] : 0.0f, args->bias ? args->bias[m] : 0.0f);
    }
  }
}
