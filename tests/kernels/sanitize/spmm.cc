// SpMM and dense kernels, lookups in passes, the packing of weights, and conversions to panels and back.

#include "dispatch/lookup_table.h"
#include "dispatch/spmm_table.h"
#include "epilogue/store_scalar.h"
#include "panels.h"
#include "panels/convert.h"
#include "runtime/spmm_run.h"
#include "sanitize.h"
#include "spmm/pack_weight.h"

namespace {

// W in the clear and packed for a kernel.
struct Weight {
  int64_t m, k, block_rows, groups;
  int rows, cols, is_wide;
  std::vector<int8_t> dense;
  Exact<int64_t> group_begin;
  Exact<int8_t> packed;
  Exact<uint16_t> narrow;
  Exact<uint32_t> wide;

  const void* channels() const {
    return is_wide ? static_cast<const void*>(wide.get()) : narrow.get();
  }

  void allocate(int64_t channel_count) {
    packed = exact<int8_t>(4 * rows * groups);
    if (is_wide) {
      wide = exact<uint32_t>(channel_count);
    } else {
      narrow = exact<uint16_t>(channel_count);
    }
  }

  void set_channel(int64_t index, int64_t channel) {
    if (is_wide) {
      wide[index] = static_cast<uint32_t>(channel);
    } else {
      narrow[index] = static_cast<uint16_t>(channel);
    }
  }
};

void pack_sparse(Weight& weight, double sparsity) {
  const int64_t block_cols = (weight.k + weight.cols - 1) / weight.cols;
  std::vector<int64_t> indptr{0};
  std::vector<int32_t> indices;
  std::vector<int8_t> data;
  for (int64_t i = 0; i < weight.block_rows; ++i) {
    for (int64_t j = 0; j < block_cols; ++j) {
      if (random_int(0, 999) < 1000 * sparsity) continue;
      indices.push_back(static_cast<int32_t>(j));
      for (int r = 0; r < weight.rows; ++r) {
        for (int c = 0; c < weight.cols; ++c) {
          const int64_t m = weight.rows * i + r, k = weight.cols * j + c;
          const bool is_inside = m < weight.m && k < weight.k;
          const int8_t value = is_inside ? random_weight() : int8_t{0};
          if (is_inside) weight.dense[m * weight.k + k] = value;
          data.push_back(value);
        }
      }
    }
    indptr.push_back(static_cast<int64_t>(indices.size()));
  }
  const spmm_blocks blocks = {indptr.data(), indices.data(), data.data(), weight.block_rows,
                              weight.k,      weight.rows,    weight.cols};
  spmm_count_groups(&blocks, weight.group_begin.get());
  weight.groups = weight.group_begin[weight.block_rows];
  weight.allocate((weight.groups + 1) * (4 / weight.cols));
  spmm_pack_weight(&blocks, weight.group_begin.get(), weight.packed.get(),
                   const_cast<void*>(weight.channels()), weight.is_wide);
}

void pack_dense(Weight& weight) {
  const int64_t each = (weight.k + 3) / 4;
  weight.groups = each * weight.block_rows;
  for (int8_t& value : weight.dense) value = random_weight();
  for (int64_t i = 0; i <= weight.block_rows; ++i) weight.group_begin[i] = each * i;
  weight.allocate(each + 1);
  for (int64_t g = 0; g < each; ++g) {
    const int64_t first = g + 1 < each ? 4 * g : weight.k - 4;
    weight.set_channel(g, first);
    for (int64_t m = 0; m < weight.m; ++m) {
      const int64_t at = (weight.group_begin[m / weight.rows] + g) * weight.rows + m % weight.rows;
      for (int64_t k = 4 * g; k < 4 * g + 4 && k < weight.k; ++k) {
        weight.packed[4 * at + k - first] = weight.dense[m * weight.k + k];
      }
    }
  }
}

Weight make_weight(const spmm_entry& kernel, int64_t m, int64_t k, double sparsity, int is_wide) {
  Weight weight{};
  weight.m = m;
  weight.k = k;
  weight.rows = kernel.block_rows;
  weight.cols = kernel.block_cols;
  weight.is_wide = is_wide;
  weight.block_rows = (m + weight.rows - 1) / weight.rows;
  weight.dense.assign(m * k, 0);
  weight.group_begin = exact<int64_t>(weight.block_rows + 1);
  if (weight.cols == SPMM_ALL_COLUMNS) {
    pack_dense(weight);
  } else {
    pack_sparse(weight, sparsity);
  }
  return weight;
}

// One panel of a product, its operands and its truth.
struct Panel {
  int width;
  Exact<uint8_t> x;
  std::vector<int32_t> sums;  // [m][width], in token order
  Exact<uint8_t> y;
  Exact<float> token_scale, residual;
};

Panel make_panel(const Weight& weight, int width) {
  Panel panel{};
  panel.width = width;
  std::vector<uint8_t> x(weight.k * width);  // [k][token]
  for (uint8_t& value : x) value = random_activation();
  panel.x = exact<uint8_t>(weight.k * width);
  panels_from_u8(x.data(), weight.k, width, width, 1, panel.x.get());
  panel.sums.assign(weight.m * width, 0);
  for (int64_t m = 0; m < weight.m; ++m) {
    for (int64_t k = 0; k < weight.k; ++k) {
      for (int t = 0; t < width; ++t) {
        panel.sums[m * width + t] += weight.dense[m * weight.k + k] * x[k * width + t];
      }
    }
  }
  panel.token_scale = exact<float>(width);
  panel.residual = exact<float>(weight.m * width);
  for (int t = 0; t < width; ++t) panel.token_scale[t] = 0.5f + 0.01f * static_cast<float>(t);
  for (int64_t i = 0; i < weight.m * width; ++i) {
    panel.residual[i] = static_cast<float>(random_int(-20, 20));
  }
  return panel;
}

// Whether a panel's lines are what the scalar epilogue makes of the true sums: s32 to the bit, bytes
// within one quantum.
bool is_right(const spmm_args& args, const Panel& panel) {
  const spbench_output output = args.epilogue.output;
  for (int64_t m = 0; m < args.m; ++m) {
    for (int t = 0; t < panel.width; ++t) {
      const int32_t sum = panel.sums[m * panel.width + t];
      const int64_t at = m * panel.width + t;
      const int64_t byte = m * panel.width + spbench_token_byte(panel.width, t);
      if (output == SPBENCH_S32) {
        if (reinterpret_cast<const int32_t*>(panel.y.get())[at] != sum) return false;
        continue;
      }
      const float value = value_scalar(&args, panel.width, m, t, sum);
      if (!holds(output, panel.y.get(), output == SPBENCH_F32 ? at : byte, value)) return false;
    }
  }
  return true;
}

// What is done with sums. What a store does not vectorise is another path, run too.
std::vector<spbench_epilogue> epilogues() {
  std::vector<spbench_epilogue> list;
  for (const spbench_output output : {SPBENCH_S32, SPBENCH_F32, SPBENCH_U8, SPBENCH_S8}) {
    spbench_epilogue epilogue{};
    epilogue.output = output;
    epilogue.is_plain = 1;
    list.push_back(epilogue);
    if (output == SPBENCH_S32) continue;
    epilogue.fits = 1;
    list.push_back(epilogue);
    epilogue.fits = 0;
    epilogue.is_plain = 0;
    epilogue.output_scale = 0.5f;
    epilogue.output_bias = 3.0f;
    for (const spbench_activation activation :
         {SPBENCH_NO_ACTIVATION, SPBENCH_RELU, SPBENCH_GELU, SPBENCH_TANH}) {
      epilogue.activation = activation;
      list.push_back(epilogue);
    }
  }
  return list;
}

void run(const spmm_entry& kernel, const Weight& weight, std::vector<Panel>& panels,
         spbench_epilogue epilogue, Counts& counts) {
  const auto scale = exact<float>(weight.m), bias = exact<float>(weight.m);
  const auto offset = exact<int32_t>(weight.m);
  for (int64_t m = 0; m < weight.m; ++m) {
    scale[m] = 1e-4f * static_cast<float>(random_int(1, 40));
    bias[m] = static_cast<float>(random_int(-40, 40));
    offset[m] = random_int(-1000, 1000);
  }
  spmm_args args[2] = {};
  for (size_t p = 0; p < panels.size(); ++p) {
    Panel& panel = panels[p];
    panel.y = exact<uint8_t>(weight.m * panel.width * bytes_of(epilogue.output));
    args[p].m = weight.m;
    args[p].group_begin = weight.group_begin.get();
    args[p].weights = weight.packed.get();
    args[p].channels = weight.channels();
    args[p].channels_are_wide = weight.is_wide;
    args[p].epilogue = epilogue;
    if (epilogue.output != SPBENCH_S32) {
      args[p].epilogue.scale = scale.get();
      args[p].epilogue.bias = bias.get();
    }
    if (!epilogue.is_plain) {
      args[p].epilogue.offset = offset.get();
      args[p].epilogue.token_scale = panel.token_scale.get();
      args[p].epilogue.residual = panel.residual.get();
    }
    args[p].x = panel.x.get();
    args[p].y = panel.y.get();
  }
  if (panels.size() == 2) args[0].tail = &args[1];
  const int64_t half = weight.block_rows / 2;  // as two threads would
  if (half > 0) kernel.kernel(&args[0], 0, half);
  kernel.kernel(&args[0], half, weight.block_rows);
  bool all_right = true;
  for (size_t p = 0; p < panels.size(); ++p) all_right &= is_right(args[p], panels[p]);
  counts.check(all_right, kernel.name,
               "M = " + std::to_string(weight.m) + ", K = " + std::to_string(weight.k) +
                   ", output " + std::to_string(epilogue.output) + ", activation " +
                   std::to_string(epilogue.activation) + (epilogue.fits ? ", fits" : ""));
}

// A pass with a lookup, in more than one piece, is the table of a pass without.
void run_pass(const spmm_entry& kernel, const Weight& weight, Counts& counts) {
  const int tokens = kernel.panel_width;
  std::vector<uint8_t> values(weight.k * tokens);
  for (uint8_t& value : values) value = random_activation();
  const auto x = exact<uint8_t>(weight.k * tokens);
  panels_from_u8(values.data(), weight.k, tokens, tokens, 1, x.get());
  const auto scale = exact<float>(weight.m), bias = exact<float>(weight.m);
  std::fill_n(scale.get(), weight.m, 1e-3f);
  const auto table = exact<uint8_t>(256);
  for (int byte = 0; byte < 256; ++byte) table[byte] = static_cast<uint8_t>(random_int(0, 255));

  spmm_problem problem{};
  problem.args.m = weight.m;
  problem.args.group_begin = weight.group_begin.get();
  problem.args.weights = weight.packed.get();
  problem.args.channels = weight.channels();
  problem.args.channels_are_wide = weight.is_wide;
  problem.args.epilogue.output = SPBENCH_S8;
  problem.args.epilogue.is_plain = 1;
  problem.args.epilogue.scale = scale.get();
  problem.args.epilogue.bias = bias.get();
  problem.args.x = x.get();
  problem.k = weight.k;
  problem.rows = weight.rows;
  problem.lookup_table = table.get();
  const spmm_pass pass = {kernel.kernel, 0, tokens > 64 ? 64 : -1, tokens};
  const auto plain = exact<uint8_t>(weight.m * tokens), looked_up = exact<uint8_t>(weight.m * tokens);
  problem.args.y = plain.get();
  spmm_run_pass(&problem, &pass, 0, weight.block_rows);
  problem.args.y = looked_up.get();
  problem.lookup = lookup_select(spbench_cpu_features(), kernel.isa)->kernel;
  spmm_run_pass(&problem, &pass, 0, weight.block_rows);
  bool is_right = true;
  for (int64_t i = 0; i < weight.m * tokens; ++i) is_right &= looked_up[i] == table[plain[i]];
  counts.check(is_right, kernel.name, "a pass with a lookup");
}

void run_kernel(const spmm_entry& kernel, Counts& counts) {
  const struct {
    int64_t m, k;
    double sparsity;
    int is_wide;
  } shapes[] = {{1, 4, 0, 0}, {7, 9, 0.5, 1}, {21, 38, 0.3, 0}, {33, 67, 0.8, 1}, {5, 8, 1, 0}};
  for (const auto& shape : shapes) {
    const Weight weight = make_weight(kernel, shape.m, shape.k, shape.sparsity, shape.is_wide);
    std::vector<Panel> panels;
    panels.push_back(make_panel(weight, kernel.panel_width > 64 ? 64 : kernel.panel_width));
    if (kernel.panel_width > 64) panels.push_back(make_panel(weight, kernel.panel_width - 64));
    for (const spbench_epilogue& epilogue : epilogues()) {
      run(kernel, weight, panels, epilogue, counts);
    }
  }
  run_pass(kernel, make_weight(kernel, 603, 9, 0.5, 0), counts);
}

// To panels and back, from rows of tokens and from rows of channels.
void run_conversions(Counts& counts) {
  for (const int64_t channels : {1, 5, 16, 33}) {
    for (const int64_t tokens : {1, 15, 16, 50, 64, 100}) {
      const auto x = exact<uint8_t>(channels * tokens), back = exact<uint8_t>(channels * tokens);
      for (int64_t i = 0; i < channels * tokens; ++i) x[i] = random_activation();
      const auto panels = exact<uint8_t>(channels * spbench_panel_capacity(tokens));
      for (const bool by_token : {false, true}) {
        const int64_t channel_stride = by_token ? 1 : tokens, token_stride = by_token ? channels : 1;
        panels_from_u8(x.get(), channels, tokens, channel_stride, token_stride, panels.get());
        panels_to_bytes(panels.get(), channels, tokens, back.get());
        bool is_right = true;
        for (int64_t c = 0; c < channels; ++c) {
          for (int64_t t = 0; t < tokens; ++t) {
            is_right &= back[c * tokens + t] == x[c * channel_stride + t * token_stride];
          }
        }
        counts.check(is_right, "panels", std::to_string(channels) + " channels");
      }
    }
  }
}

}  // namespace

void run_spmm(Counts& counts) {
  for (int index = 0; index < spmm_table_size(); ++index) {
    const spmm_entry& kernel = *spmm_table_entry(index);
    if (counts.admit(kernel)) run_kernel(kernel, counts);
  }
  run_conversions(counts);
}
