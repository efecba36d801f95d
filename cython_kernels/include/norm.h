// The contract of a LayerNorm kernel: 16, 32, 48 or 64 tokens of one panel.
//
//   mean[t] = sum_c x[c][t] / C         var[t] = sum_c (x[c][t] - mean[t])^2 / C
//   x[c][t] = (x[c][t] - mean[t]) / sqrt(var[t] + epsilon) * gamma[c] + beta[c]     f32, in place
//   q[c][t] = saturate(round_half_even(x[c][t] * q_scale + q_bias))                      u8
//
// Mean and variance come from one walk, of d = x - x[0]: var = (sum d^2 - (sum d)^2 / C) / C. The
// first channel is no more than sqrt(C) deviations from the mean, so that the difference loses
// no more than C roundings: 5e-5 of the variance at 768 channels, far below a step of q.
//
// Tokens are lanes and channels are summed in order, so there is no sum across a register, and a
// token's result does not depend on the tokens beside it, nor on the ISA.
//
// The caller guarantees: lines start at a multiple of their size, of 64 bytes if it is larger.
// A kernel writes registers `first` .. first + count - 1 of every line and nothing else.
#pragma once

#include <stdint.h>

#include "panels.h"

struct norm_args {
  int64_t channels;
  int width;                    // of the panel
  float epsilon;
  const float* gamma;           // [C]
  const float* beta;            // [C]
  float* x;                     // [C][w]
  uint8_t* q;                   // [C][w], or null
  float q_scale, q_bias;
};

typedef void (*norm_kernel)(const struct norm_args* args, int first, int count);
