// SpMM kernels on floating point and the packing of their weights. All values are small integers, so
// that sums are exact in any order.

#include "dispatch/spmm_float_table.h"
#include "panels_bf16.h"
#include "sanitize.h"
#include "spmm_float/epilogue.h"
#include "spmm_float/pack_weight.h"

namespace {

struct Shape {
  int64_t m, k;
  double sparsity;
  int is_wide;
};

int place(spmm_float_type type, int width, int token) {
  return type == SPMM_FLOAT_BF16 ? spbench_token_word(width, token) : token;
}

void run(const spmm_float_entry& kernel, const Shape& shape, Counts& counts) {
  const int64_t m = shape.m, k = shape.k, rows = kernel.block_rows;
  const int width = kernel.panel_width;
  const bool is_bf16 = kernel.type == SPMM_FLOAT_BF16;
  const int64_t block_rows = (m + rows - 1) / rows, element = is_bf16 ? 2 : 4;
  std::vector<int64_t> indptr{0};
  std::vector<int32_t> indices;
  std::vector<float> data, dense(block_rows * rows * k);
  for (int64_t i = 0; i < block_rows; ++i) {
    for (int64_t channel = 0; channel < k; ++channel) {
      if (random_int(0, 999) < 1000 * shape.sparsity) continue;
      indices.push_back(static_cast<int32_t>(channel));
      for (int64_t r = 0; r < rows; ++r) {
        data.push_back(static_cast<float>(random_int(-9, 9)));
        dense[(rows * i + r) * k + channel] = data.back();
      }
    }
    indptr.push_back(static_cast<int64_t>(indices.size()));
  }
  const auto begin = exact(indptr);
  const auto channel = exact(indices);
  const auto blocks = exact(data);

  const auto group_begin = exact<int64_t>(block_rows + 1);
  spmm_float_count_groups(kernel.type, begin.get(), block_rows, group_begin.get());
  const int64_t slots = group_begin[block_rows] * spmm_float_group_channels(kernel.type);
  const auto weights = exact<uint8_t>(slots * rows * element);
  const auto channels = exact<uint8_t>(slots * (shape.is_wide ? 4 : 2));
  spmm_float_pack_weight(kernel.type, begin.get(), channel.get(), blocks.get(), block_rows,
                         static_cast<int>(rows), group_begin.get(), weights.get(), channels.get(),
                         shape.is_wide);

  const auto x = exact<uint8_t>(k * width * element);
  std::vector<float> values(k * width);  // in token order
  for (int64_t i = 0; i < k * width; ++i) {
    values[i] = static_cast<float>(random_int(-9, 9));
    const int64_t at = i / width * width + place(kernel.type, width, static_cast<int>(i % width));
    if (is_bf16) {
      reinterpret_cast<uint16_t*>(x.get())[at] = bf16_of(values[i]);
    } else {
      reinterpret_cast<float*>(x.get())[at] = values[i];
    }
  }
  const auto bias = exact<float>(m);
  for (int64_t i = 0; i < m; ++i) bias[i] = static_cast<float>(random_int(-40, 40));

  for (const spmm_float_type output : {SPMM_FLOAT_F32, SPMM_FLOAT_BF16}) {
    if (output == SPMM_FLOAT_BF16 && !is_bf16) continue;
    for (const float floor : {-INFINITY, 0.0f}) {
      const auto y = exact<uint8_t>(m * width * (output == SPMM_FLOAT_BF16 ? 2 : 4));
      spmm_float_args args{};
      args.m = m;
      args.group_begin = group_begin.get();
      args.weights = weights.get();
      args.channels = channels.get();
      args.channels_are_wide = shape.is_wide;
      args.output = output;
      args.bias = bias.get();
      args.floor = floor;
      args.x = x.get();
      args.y = y.get();
      const int64_t half = block_rows / 2;  // as two threads would
      if (half > 0) kernel.kernel(&args, 0, half);
      kernel.kernel(&args, half, block_rows);

      bool is_right = true;
      for (int64_t i = 0; i < m; ++i) {
        for (int t = 0; t < width; ++t) {
          float sum = bias[i];
          for (int64_t c = 0; c < k; ++c) sum += dense[i * k + c] * values[c * width + t];
          const float value = sum < floor ? floor : sum;
          const int64_t at = i * width + place(output, width, t);
          is_right &= output == SPMM_FLOAT_BF16
                          ? reinterpret_cast<const uint16_t*>(y.get())[at] == bf16_of(value)
                          : reinterpret_cast<const float*>(y.get())[at] == value;
        }
      }
      counts.check(is_right, kernel.name,
                   "M = " + std::to_string(m) + ", K = " + std::to_string(k) + ", output " +
                       std::to_string(output));
    }
  }
}

}  // namespace

void run_spmm_float(Counts& counts) {
  for (int index = 0; index < spmm_float_table_size(); ++index) {
    const spmm_float_entry& kernel = *spmm_float_table_entry(index);
    if (!counts.admit(kernel)) continue;
    for (const Shape& shape : {Shape{1, 1, 0, 0}, Shape{7, 9, 0.5, 1}, Shape{21, 38, 0.3, 0},
                               Shape{33, 67, 0.8, 1}, Shape{5, 8, 1, 0}}) {
      run(kernel, shape, counts);
    }
  }
}
