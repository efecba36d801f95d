// Every SpMM and dense kernel that this CPU has, on buffers of exactly their size, against a triple loop:
// built with the address and undefined-behaviour sanitizers (`make sanitize`), which end the program at the
// first byte read or written outside, shift too far or pointer misaligned.
//
// Prints one line with what ran; exit status 1 if a result is wrong.

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memory>
#include <random>
#include <vector>

#include "dispatch/cpu_features.h"
#include "dispatch/spmm_table.h"
#include "epilogue/store_scalar.h"
#include "panels.h"
#include "panels/convert.h"
#include "spmm/pack_weight.h"

namespace {

std::mt19937 generator(1);

int random_int(int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(generator);
}

struct Free {
  void operator()(void* memory) const { free(memory); }
};

// `count` elements on the heap, at a cache line, not one byte more.
template <typename T>
std::unique_ptr<T[], Free> exact(int64_t count) {
  void* memory = nullptr;
  if (posix_memalign(&memory, 64, count * sizeof(T)) != 0) abort();
  memset(memory, 0, count * sizeof(T));
  return std::unique_ptr<T[], Free>(static_cast<T*>(memory));
}

int8_t random_weight() {
  const int kind = random_int(0, 5);
  return kind == 0 ? -128 : kind == 1 ? 127 : static_cast<int8_t>(random_int(-128, 127));
}

uint8_t random_activation() {
  const int kind = random_int(0, 5);
  return kind == 0 ? 0 : kind == 1 ? 255 : static_cast<uint8_t>(random_int(0, 255));
}

// W in the clear and packed for a kernel.
struct Weight {
  int64_t m, k, block_rows, groups;
  int rows, cols, is_wide;
  std::vector<int8_t> dense;
  std::unique_ptr<int64_t[], Free> group_begin;
  std::unique_ptr<int8_t[], Free> packed;
  std::unique_ptr<uint16_t[], Free> narrow;
  std::unique_ptr<uint32_t[], Free> wide;

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
  std::unique_ptr<uint8_t[], Free> x;
  std::vector<int32_t> sums;  // [m][width], in token order
  std::unique_ptr<uint8_t[], Free> y;
  std::unique_ptr<float[], Free> token_scale, residual;
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

int bytes_of(spbench_output output) {
  return output == SPBENCH_S32 || output == SPBENCH_F32 ? 4 : 1;
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
      float got, expected = value;
      if (output == SPBENCH_F32) {
        got = reinterpret_cast<const float*>(panel.y.get())[at];
      } else if (output == SPBENCH_U8) {
        got = panel.y[byte];
        expected = nearbyintf(saturate_scalar(value, 0.0f, 255.0f));
      } else {
        got = reinterpret_cast<const int8_t*>(panel.y.get())[byte];
        expected = nearbyintf(saturate_scalar(value, -128.0f, 127.0f));
      }
      const float tolerance = output == SPBENCH_F32 ? 1e-2f + 1e-4f * fabsf(value) : 1.0f;
      if (fabsf(got - expected) > tolerance) return false;
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

struct Counts {
  int kernels, absent, runs, wrong;
};

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
  for (size_t p = 0; p < panels.size(); ++p) {
    if (is_right(args[p], panels[p])) continue;
    ++counts.wrong;
    fprintf(stderr, "%s: wrong for M = %lld, K = %lld, output %d, activation %d\n", kernel.name,
            static_cast<long long>(weight.m), static_cast<long long>(weight.k), epilogue.output,
            epilogue.activation);
  }
  ++counts.runs;
}

bool can_run(const spmm_entry& kernel) {
  uint32_t needed = kernel.features;
#ifdef SPBENCH_AVXVNNI_AS_AVX512VNNI  // the same source in the encoding that more CPUs have
  if (kernel.isa == SPBENCH_ISA_AVXVNNI) needed = SPBENCH_NEEDS_AVX512VNNI;
#endif
  return (needed & ~spbench_cpu_features()) == 0;
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
        for (int64_t c = 0; c < channels; ++c) {
          for (int64_t t = 0; t < tokens; ++t) {
            if (back[c * tokens + t] != x[c * channel_stride + t * token_stride]) ++counts.wrong;
          }
        }
        ++counts.runs;
      }
    }
  }
}

}  // namespace

int main() {
  Counts counts{};
  int of_isa[SPBENCH_ISA_COUNT] = {};
  for (int index = 0; index < spmm_table_size(); ++index) {
    const spmm_entry& kernel = *spmm_table_entry(index);
    if (!can_run(kernel)) {
      ++counts.absent;
      continue;
    }
    run_kernel(kernel, counts);
    ++counts.kernels;
    ++of_isa[kernel.isa];
  }
  run_conversions(counts);
  printf("sanitize: %d kernels (", counts.kernels);
  const char* separator = "";
  for (int isa = 0; isa < SPBENCH_ISA_COUNT; ++isa) {
    if (of_isa[isa] == 0) continue;
    printf("%s%s %d", separator, spbench_isa_name(isa), of_isa[isa]);
    separator = ", ";
  }
  printf("), %d not on this CPU, %d runs, %d wrong\n", counts.absent, counts.runs, counts.wrong);
  return counts.wrong != 0;
}
