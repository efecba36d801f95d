// From s32 sums to one line of Y, in plain C++.
//
//   f32:  scale[m] * sum + bias[m]        one rounding (fused multiply-add)
//   u8:   the same, to nearest even, saturated to 0 .. 255;  s8: to -128 .. 127
//
// Rounding follows the current mode of the FPU, which is to nearest even.
#pragma once

#include <math.h>
#include <stdint.h>

#include "panels.h"
#include "spmm.h"

static inline float saturate_scalar(float value, float low, float high) {
  return value < low ? low : value > high ? high : value;
}

// sums: one a byte of the panel, in the panel's byte order.
template <int kWidth>
static inline void store_line_scalar(const spmm_args& args, int64_t m, const int32_t* sums) {
  for (int token = 0; token < kWidth; ++token) {
    const int byte = spbench_token_byte(kWidth, token);
    if (args.output == SPBENCH_S32) {
      static_cast<int32_t*>(args.y)[m * kWidth + token] = sums[byte];
      continue;
    }
    const float value = fmaf(static_cast<float>(sums[byte]), args.scale[m], args.bias[m]);
    if (args.output == SPBENCH_F32) {
      static_cast<float*>(args.y)[m * kWidth + token] = value;
    } else if (args.output == SPBENCH_U8) {
      const float clamped = saturate_scalar(value, 0.0f, 255.0f);
      static_cast<uint8_t*>(args.y)[m * kWidth + byte] =
          static_cast<uint8_t>(nearbyintf(clamped));
    } else {
      const float clamped = saturate_scalar(value, -128.0f, 127.0f);
      static_cast<int8_t*>(args.y)[m * kWidth + byte] = static_cast<int8_t>(nearbyintf(clamped));
    }
  }
}
