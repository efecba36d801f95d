// LayerNorm on f32 panels (include/norm.h) in plain C++: runs on any CPU. Token by token down the
// lines, with the roundings of the vector kernels. Bound: the latency of an addition.

#include <math.h>

#include "encoder_kernels.h"

namespace {

void normalize(const norm_args& args, int token) {
  const int64_t width = args.width;
  float* x = args.x + token;
  const float share = 1.0f / (float)args.channels;
  const float origin = x[0];
  float sum = 0.0f, squares = 0.0f;
  for (int64_t c = 0; c < args.channels; ++c) {
    const float d = x[c * width] - origin;
    sum += d;
    squares = fmaf(d, d, squares);
  }
  const float offset = sum * share, mean = origin + offset;
  const float variance = fmaf(squares, share, -(offset * offset));
  const float inverse = 1.0f / sqrtf((variance > 0.0f ? variance : 0.0f) + args.epsilon);
  const int byte = spbench_token_byte(args.width, token);
  for (int64_t c = 0; c < args.channels; ++c) {
    const float value = fmaf((x[c * width] - mean) * inverse, args.gamma[c], args.beta[c]);
    x[c * width] = value;
    if (args.q == nullptr) continue;
    const float q = nearbyintf(fmaf(value, args.q_scale, args.q_bias));
    args.q[c * width + byte] = (uint8_t)(q < 0.0f ? 0.0f : q > 255.0f ? 255.0f : q);
  }
}

}  // namespace

void norm_f32_scalar(const norm_args* args, int first, int count) {
  for (int token = 16 * first; token < 16 * (first + count); ++token) normalize(*args, token);
}
