// From a score to P: round(255 * 2^(c * (s - max))), the same to the last bit in every ISA.
//
//   x = max(s - max, lowest)                      integer; below, P is 0 anyhow
//   n = round(c x), z = c x - n in -1/2 .. 1/2    by adding 1.5 * 2^23 in f32: n is in the low bits
//   255 * 2^z                                     a cubic, 255 at 0; relative error 1.0e-4
//   * 2^n                                         added to the exponent
//
// The error is a fortieth of a step of P at 255, less below.
#pragma once

#include <stdint.h>

enum { kNever = -(1 << 30) };  // score of a key that is none
static const float kNeverFloat = -3e38f;
static const float kLowest = -24.0f;          // of an exponent: below, P is 0
static const float kLeastQueryScale = 1e-30f;  // so that kNeverFloat times it is far below kLowest
static const float kLeastValueScale = 1e-30f;

static const float kRound = 12582912.0f;
static const float kCubic[4] = {255.0f, 176.787154f, 61.7638015f, 14.0272320f};

// Below this difference P is 0: 255 * 2^-24 is.
static inline int32_t lowest_difference(float score_scale) {
  const float lowest = -24.0f / score_scale;
  return lowest > -268435456.0f ? (int32_t)lowest : -268435456;
}
