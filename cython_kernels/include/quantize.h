// The contract of a quantising kernel: 16, 32, 48 or 64 tokens of one panel, each with a scale of
// its own for every part of its channels: one, or the heads of Q, K and V.
//
//   scale[p][t] = max_c |x[p][c][t]| / 127
//   q[p][c][t]  = round_half_even(x[p][c][t] / scale[p][t]) + zero_point    128: u8; 0: s8
//
// A fixed zero point folds into the product that follows, as a sum of its weights; u8 1 .. 255 is
// s8 -127 .. 127 with the highest bit flipped. A token of zeros has scale 0. Tokens are lanes: a
// token's result does not depend on the tokens beside it, nor on the ISA.
//
// The caller guarantees: lines start at a multiple of their size, of 64 bytes if it is larger; x is
// finite. A kernel writes registers `first` .. first + count - 1 of every line and of scale.
#pragma once

#include <stdint.h>

#include "panels.h"

struct quantize_args {
  int64_t parts, channels;  // P, and C of each part
  int width;                // of the panel
  int is_signed;
  const float* x;           // [P][C][w]
  uint8_t* q;               // [P][C][w]
  float* scale;             // [P][w], in token order
};

typedef void (*quantize_kernel)(const struct quantize_args* args, int first, int count);

// Below, all of a token's values become 0.
static const float kLeastTop = 1e-30f;
