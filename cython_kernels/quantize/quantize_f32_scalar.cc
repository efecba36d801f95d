// Floats to bytes by token (include/quantize.h) in plain C++: runs on any CPU. Token by token down
// the lines, with the roundings of the vector kernels. Bound: the latency of a maximum.

#include <math.h>

#include "encoder_kernels.h"

namespace {

void quantize(const quantize_args& args, int64_t part, int token) {
  const int64_t width = args.width, begin = part * args.channels * width;
  const float* x = args.x + begin + token;
  float top = 0.0f;
  for (int64_t c = 0; c < args.channels; ++c) top = fmaxf(top, fabsf(x[c * width]));
  args.scale[part * width + token] = top * (1.0f / 127.0f);
  const float inverse = 127.0f / fmaxf(top, kLeastTop);
  const int byte = spbench_token_byte(args.width, token);
  const uint8_t flip = args.is_signed ? 128 : 0;
  for (int64_t c = 0; c < args.channels; ++c) {
    const float q = nearbyintf(fmaf(x[c * width], inverse, 128.0f));
    args.q[begin + c * width + byte] = (uint8_t)q ^ flip;
  }
}

}  // namespace

void quantize_f32_scalar(const quantize_args* args, int first, int count) {
  for (int64_t part = 0; part < args->parts; ++part) {
    for (int token = 16 * first; token < 16 * (first + count); ++token) {
      quantize(*args, part, token);
    }
  }
}
