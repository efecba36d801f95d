// Between ordinary arrays and panels of f32 or bf16 (include/panels_bf16.h). One thread.
#pragma once

#include <stdint.h>

#include "spmm_float.h"

// Activations in an ordinary array: element (channel, token) at
// x[channel * channel_stride + token * token_stride], strides in elements.
struct float_panels_source {
  const void* x;
  int is_u8;  // 1: u8, else f32
  int64_t channels, tokens, channel_stride, token_stride;
  enum spmm_float_type type;  // of the panels: bf16 is rounded to nearest even
  void* panels;               // channels * spbench_panel_capacity(tokens) elements
};

#ifdef __cplusplus
extern "C" {
#endif

// Padding tokens become 0.
void float_panels_fill(const struct float_panels_source* source);

// The same for a prepared call.
void float_panels_fill_call(void* source);

// Panels of bf16 into a row-major [channels][tokens] array of f32.
void float_panels_from_bf16(const uint16_t* panels, int64_t channels, int64_t tokens, float* y);

#ifdef __cplusplus
}
#endif
