// SpMV kernels and the packing of their weights.

#include "dispatch/spmv_table.h"
#include "sanitize.h"
#include "spmv/pack_weight.h"

namespace {

struct Shape {
  int64_t m, k, tokens;
  double sparsity;
};

void run(const spmv_entry& kernel, const Shape& shape, Counts& counts) {
  const int64_t m = shape.m, k = shape.k, tokens = shape.tokens, rows = kernel.block_rows;
  const int64_t block_rows = (m + rows - 1) / rows, tiles = (k + SPMV_TILE - 1) / SPMV_TILE;
  const int64_t chunks = (block_rows + SPMV_CHUNK_ROWS - 1) / SPMV_CHUNK_ROWS;
  std::vector<int64_t> indptr{0};
  std::vector<int32_t> indices;
  std::vector<int8_t> data, dense(block_rows * rows * k);
  for (int64_t i = 0; i < block_rows; ++i) {
    for (int64_t channel = 0; channel < k; ++channel) {
      if (random_int(0, 999) < 1000 * shape.sparsity) continue;
      indices.push_back(static_cast<int32_t>(channel));
      for (int64_t r = 0; r < rows; ++r) {
        data.push_back(random_weight());
        dense[(rows * i + r) * k + channel] = data.back();
      }
    }
    indptr.push_back(static_cast<int64_t>(indices.size()));
  }
  const auto begin = exact(indptr);
  const auto channel = exact(indices);
  const auto blocks = exact(data);

  const auto order = exact<uint8_t>(SPMV_CHUNK_ROWS * chunks * tiles);
  const auto groups = exact<uint8_t>(SPMV_SLICES * chunks * tiles);
  const auto group_begin = exact<int64_t>(chunks * tiles + 1);
  spmv_count_groups(begin.get(), channel.get(), block_rows, tiles, order.get(), groups.get(),
                    group_begin.get());
  const int64_t total = group_begin[chunks * tiles];
  const auto channels = exact<uint8_t>(SPMV_GROUP * total + SPMV_SLACK);
  const auto weights = exact<int8_t>(rows * SPMV_GROUP * total);
  spmv_pack_weight(begin.get(), channel.get(), blocks.get(), block_rows, static_cast<int>(rows),
                   tiles, order.get(), groups.get(), group_begin.get(), channels.get(),
                   weights.get());

  const auto x = exact<uint8_t>(tokens * tiles * SPMV_TILE);
  for (int64_t i = 0; i < tokens * tiles * SPMV_TILE; ++i) x[i] = random_activation();
  const auto scale = exact<float>(m), bias = exact<float>(m);
  for (int64_t i = 0; i < m; ++i) {
    scale[i] = 1e-4f * static_cast<float>(random_int(1, 40));
    bias[i] = static_cast<float>(random_int(-40, 40));
  }
  for (const spbench_output output : {SPBENCH_S32, SPBENCH_F32, SPBENCH_U8, SPBENCH_S8}) {
    const bool is_sum = output == SPBENCH_S32;
    const auto y = exact<uint8_t>(tokens * m * bytes_of(output));
    spmv_args args{};
    args.m = m;
    args.tiles = tiles;
    args.tokens = tokens;
    args.order = order.get();
    args.groups = groups.get();
    args.group_begin = group_begin.get();
    args.channels = channels.get();
    args.weights = weights.get();
    args.output = output;
    args.scale = is_sum ? nullptr : scale.get();
    args.bias = is_sum ? nullptr : bias.get();
    args.x = x.get();
    args.y = y.get();
    const int64_t half = chunks / 2;  // as two threads would
    if (half > 0) kernel.kernel(&args, 0, half);
    kernel.kernel(&args, half, chunks);

    bool is_right = true;
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t i = 0; i < m; ++i) {
        int32_t sum = 0;
        for (int64_t c = 0; c < k; ++c) sum += dense[i * k + c] * x[t * tiles * SPMV_TILE + c];
        const int64_t at = t * m + i;
        is_right &= is_sum ? reinterpret_cast<const int32_t*>(y.get())[at] == sum
                           : holds(output, y.get(), at,
                                   fmaf(static_cast<float>(sum), scale[i], bias[i]));
      }
    }
    counts.check(is_right, kernel.name,
                 "M = " + std::to_string(m) + ", K = " + std::to_string(k) + ", output " +
                     std::to_string(output));
  }
}

}  // namespace

void run_spmv(Counts& counts) {
  for (int index = 0; index < spmv_table_size(); ++index) {
    const spmv_entry& kernel = *spmv_table_entry(index);
    if (!counts.admit(kernel)) continue;
    for (const Shape& shape : {Shape{1, 1, 1, 0}, Shape{6, 300, 2, 0.5}, Shape{261, 256, 3, 0.9},
                               Shape{5, 9, 4, 1}, Shape{70, 40, 6, 0.2}, Shape{1100, 270, 1, 0.8}}) {
      run(kernel, shape, counts);
    }
  }
}
