// From a s32 sum to one element of Y, in plain C++.
//
//   f32:  scale[m] * sum + bias[m]        one rounding (fused multiply-add)
//   u8:   the same, to nearest even, saturated to 0 .. 255;  s8: to -128 .. 127
//
// Rounding follows the current mode of the FPU, which is to nearest even.
#pragma once

#include <math.h>
#include <stdint.h>

#include "spmm.h"

static inline float saturate_scalar(float value, float low, float high) {
  return value < low ? low : value > high ? high : value;
}

// What becomes of a sum, any type but s32, as y[index].
static inline void store_value_scalar(enum spbench_output output, void* y, int64_t index,
                                      float value) {
  if (output == SPBENCH_F32) {
    static_cast<float*>(y)[index] = value;
  } else if (output == SPBENCH_U8) {
    static_cast<uint8_t*>(y)[index] =
        static_cast<uint8_t>(nearbyintf(saturate_scalar(value, 0.0f, 255.0f)));
  } else {
    static_cast<int8_t*>(y)[index] =
        static_cast<int8_t>(nearbyintf(saturate_scalar(value, -128.0f, 127.0f)));
  }
}

// One element at y[index].
static inline void store_element_scalar(enum spbench_output output, void* y, int64_t index,
                                        int32_t sum, float scale, float bias) {
  if (output == SPBENCH_S32) {
    static_cast<int32_t*>(y)[index] = sum;
  } else {
    store_value_scalar(output, y, index, fmaf(static_cast<float>(sum), scale, bias));
  }
}
