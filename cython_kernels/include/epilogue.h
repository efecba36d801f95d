// What a sum passes before it is stored, the same for every kernel:
//
//   value  = activation((sum + offset[m]) * scale[m] * token_scale[n] + bias[m]) + residual[m][n]
//   s32:     the sum itself                                            f32: value
//   u8, s8:  saturate(round_half_even(value * output_scale + output_bias))
//
// What is absent costs nothing: without token scales zero points and offsets lie in the bias, and
// without activation and residual output_scale and output_bias lie in scale and bias. Narrow
// output can then pass a table of bytes (spbench_lookup): GELU and tanh at the price of a
// second quantisation.
#pragma once

#include <stdint.h>

enum spbench_output {
  SPBENCH_S32 = 0,
  SPBENCH_F32 = 1,
  SPBENCH_U8 = 2,
  SPBENCH_S8 = 3,
};

enum spbench_activation {
  SPBENCH_NO_ACTIVATION = 0,
  SPBENCH_RELU = 1,  // max(0, v)
  SPBENCH_GELU = 2,  // v * (1 + erf(v / sqrt(2))) / 2, by a polynomial
  SPBENCH_TANH = 3,
};

struct spbench_epilogue {
  enum spbench_output output;
  enum spbench_activation activation;
  int is_plain;              // scale and bias are all there is
  int fits;                  // no |value| reaches 2^31 before it is saturated, whatever X is
  const float* scale;        // [M]; null for s32
  const float* bias;         // [M]
  const int32_t* offset;     // [M], or null
  const float* token_scale;  // [w] of the panel, or null
  const float* residual;     // [M][w] of the panel, in token order, or null
  float output_scale, output_bias;  // of narrow output; not read if is_plain
};

// Replaces each of `count` bytes by table[byte]; count is a multiple of 16.
typedef void (*spbench_lookup)(const uint8_t* table, uint8_t* bytes, int64_t count);
