#include "runtime/split_rows.h"

namespace {

constexpr int64_t kStoreCost = 2;  // of a block row, in groups

}  // namespace

void spbench_split_rows(const int64_t* group_begin, int64_t block_rows, int threads,
                        int64_t* row_split) {
  const int64_t total = group_begin[block_rows] + kStoreCost * block_rows;
  int64_t row = 0;
  for (int thread = 0; thread < threads; ++thread) {
    while (row < block_rows &&
           (group_begin[row] + kStoreCost * row) * threads < total * thread) {
      ++row;
    }
    row_split[thread] = row;
  }
  row_split[threads] = block_rows;
}
