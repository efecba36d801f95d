// From s32 sums to one line of Y (include/epilogue.h), in plain C++.
//
// Rounding follows the current mode of the FPU, which is to nearest even. scale and bias are one
// fused multiply-add where there are no token scales.
#pragma once

#include <math.h>
#include <stdint.h>

#include "epilogue/requantize_scalar.h"
#include "panels.h"
#include "spmm.h"

static inline float activate_scalar(enum spbench_activation activation, float value) {
  switch (activation) {
    case SPBENCH_RELU: return value > 0.0f ? value : 0.0f;
    case SPBENCH_GELU: {
      const float v = value > -16.0f ? value : -16.0f;  // where it is 0: -inf times 0 is none
      return 0.5f * v * (1.0f + erff(v * 0.70710678f));
    }
    case SPBENCH_TANH: return tanhf(value);
    default: return value;
  }
}

// Of channel m and a token of the panel.
static inline float value_scalar(const struct spmm_args* args, int width, int64_t m, int token,
                                 int32_t sum) {
  const struct spbench_epilogue* epilogue = &args->epilogue;
  const float scale = epilogue->scale[m], bias = epilogue->bias[m];
  if (epilogue->is_plain) return fmaf((float)sum, scale, bias);
  if (epilogue->offset) sum += epilogue->offset[m];
  const float token_scale = epilogue->token_scale ? epilogue->token_scale[token] : 1.0f;
  float value = fmaf((float)sum, scale * token_scale, bias);
  value = activate_scalar(epilogue->activation, value);
  if (epilogue->residual) value += epilogue->residual[m * width + token];
  const int is_narrow = epilogue->output == SPBENCH_U8 || epilogue->output == SPBENCH_S8;
  return is_narrow ? fmaf(value, epilogue->output_scale, epilogue->output_bias) : value;
}

// One token of channel m of a panel.
template <int kWidth>
static inline void store_token_scalar(const spmm_args& args, int64_t m, int token, int32_t sum) {
  const enum spbench_output output = args.epilogue.output;
  const bool is_narrow = output == SPBENCH_U8 || output == SPBENCH_S8;
  const int64_t index = m * kWidth + (is_narrow ? spbench_token_byte(kWidth, token) : token);
  if (output == SPBENCH_S32) {
    static_cast<int32_t*>(args.y)[index] = sum;
  } else {
    store_value_scalar(output, args.y, index, value_scalar(&args, kWidth, m, token, sum));
  }
}

// One line of a panel. sums: one a byte of the panel, in the panel's byte order.
template <int kWidth>
static inline void store_line_scalar(const spmm_args& args, int64_t m, const int32_t* sums) {
  for (int token = 0; token < kWidth; ++token) {
    store_token_scalar<kWidth>(args, m, token, sums[spbench_token_byte(kWidth, token)]);
  }
}
