// The kernels in plain C++, for any CPU: the same packed weights, panels and epilogue as the
// vector kernels (include/spmm_float.h, include/panels_bf16.h), token by token.
//
// Bound: the compiler's own vectorisation of a multiply-add; a few GFLOPS. bf16 is widened to
// f32 first.
#pragma once

#include <stdint.h>

#include "panels_bf16.h"
#include "spmm_float/epilogue.h"

namespace {

struct F32 {
  typedef float Element;
  static constexpr int kChannels = 1;
  static float widened(float value) { return value; }
  static int place(int, int token) { return token; }  // of a token in a line
};

struct Bf16 {
  typedef uint16_t Element;
  static constexpr int kChannels = 2;
  static float widened(uint16_t value) { return f32_of(value); }
  static int place(int width, int token) { return spbench_token_word(width, token); }
};

inline int64_t channel_at(const spmm_float_args& args, int64_t slot) {
  return args.channels_are_wide ? static_cast<const uint32_t*>(args.channels)[slot]
                                : static_cast<const uint16_t*>(args.channels)[slot];
}

// sums: in the order of the line.
template <class Type, int kWidth>
void store_line(const spmm_float_args& args, int64_t m, const float* sums) {
  for (int token = 0; token < kWidth; ++token) {
    const float value = finished(args, m, sums[Type::place(kWidth, token)]);
    if (args.output == SPMM_FLOAT_F32) {
      static_cast<float*>(args.y)[kWidth * m + token] = value;
    } else {
      const int word = spbench_token_word(kWidth, token);
      static_cast<uint16_t*>(args.y)[kWidth * m + word] = bf16_of(value);
    }
  }
}

template <class Type, int kRows, int kWidth>
void block_rows(const spmm_float_args* args, int64_t begin, int64_t end) {
  typedef typename Type::Element Element;
  constexpr int kChannels = Type::kChannels;
  const Element* x = static_cast<const Element*>(args->x);
  const Element* weights = static_cast<const Element*>(args->weights);
  for (int64_t i = begin; i < end; ++i) {
    float sums[kRows][kWidth] = {};
    for (int64_t g = args->group_begin[i]; g < args->group_begin[i + 1]; ++g) {
      float lines[kChannels][kWidth];
      for (int c = 0; c < kChannels; ++c) {
        const Element* line = x + channel_at(*args, kChannels * g + c) * kWidth;
        for (int at = 0; at < kWidth; ++at) lines[c][at] = Type::widened(line[at]);
      }
      // All channels of a row's weights at once: GCC 12 reads every other element of an array
      // beyond its end.
      for (int r = 0; r < kRows; ++r) {
        const Element* w = weights + kChannels * (kRows * g + r);
        for (int at = 0; at < kWidth; ++at) {
          for (int c = 0; c < kChannels; ++c) sums[r][at] += Type::widened(w[c]) * lines[c][at];
        }
      }
    }
    for (int r = 0; r < kRows && kRows * i + r < args->m; ++r) {
      store_line<Type, kWidth>(*args, kRows * i + r, sums[r]);
    }
  }
}

}  // namespace
