// LayerNorm on f32 panels (include/norm.h), AVX-512BW: all registers of a line at once, two walks
// down the channels.
//
//   walk              a line of 64 tokens costs                              pipes of Zen 4, 2 cycles each
//   mean, variance    4 loads, 8 vaddps, 4 vfmadd                            12 FP0 .. FP3: 8 cycles
//   result            4 loads, 4 stores, 4 vsubps, 4 vmulps, 8 vfmadd,       24 FP0 .. FP3, 3 packs: 14
//                     4 vcvtps2dq, 3 packs, 1 store of bytes
//
// Bound: 22 cycles a line, and L2: 768 channels by 64 tokens are 192 KiB, read twice and written
// once.

#include <immintrin.h>

#include "encoder_kernels.h"
#include "inline.h"
#include "line_store_avx512.h"

namespace {

template <int kCount>
void normalize(const norm_args* args, int first) {
  const int64_t width = args->width;
  float* const x = args->x + 16 * first;
  const __m512 share = _mm512_set1_ps(1.0f / (float)args->channels);
  __m512 mean[kCount], inverse[kCount];

  __m512 origin[kCount];
  SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
    origin[r] = _mm512_load_ps(x + 16 * r);
    mean[r] = inverse[r] = _mm512_setzero_ps();  // sums of d and of d^2 at first
  }
  for (int64_t c = 0; c < args->channels; ++c) {
    SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
      const __m512 d = _mm512_sub_ps(_mm512_load_ps(x + c * width + 16 * r), origin[r]);
      mean[r] = _mm512_add_ps(mean[r], d);
      inverse[r] = _mm512_fmadd_ps(d, d, inverse[r]);
    }
  }
  SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
    const __m512 offset = _mm512_mul_ps(mean[r], share);
    const __m512 variance = _mm512_max_ps(
        _mm512_fmsub_ps(inverse[r], share, _mm512_mul_ps(offset, offset)), _mm512_setzero_ps());
    mean[r] = _mm512_add_ps(origin[r], offset);
    inverse[r] = _mm512_div_ps(
        _mm512_set1_ps(1.0f), _mm512_sqrt_ps(_mm512_add_ps(variance, _mm512_set1_ps(args->epsilon))));
  }

  const LinePart part = line_part(args->width, first, kCount, 0, 0, args->width);
  const __m512 q_scale = _mm512_set1_ps(args->q_scale), q_bias = _mm512_set1_ps(args->q_bias);
  for (int64_t c = 0; c < args->channels; ++c) {
    const __m512 gamma = _mm512_set1_ps(args->gamma[c]), beta = _mm512_set1_ps(args->beta[c]);
    __m512i q[kCount];
    SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
      const __m512 centred = _mm512_sub_ps(_mm512_load_ps(x + c * width + 16 * r), mean[r]);
      const __m512 value = _mm512_fmadd_ps(_mm512_mul_ps(centred, inverse[r]), gamma, beta);
      _mm512_store_ps(x + c * width + 16 * r, value);
      q[r] = _mm512_cvtps_epi32(_mm512_fmadd_ps(value, q_scale, q_bias));
    }
    if (args->q != nullptr) store_part<kCount>(args->q + c * width, q, part);
  }
}

}  // namespace

void norm_f32_avx512bw(const norm_args* args, int first, int count) {
  switch (count) {
    case 4: return normalize<4>(args, first);
    case 3: return normalize<3>(args, first);
    case 2: return normalize<2>(args, first);
    case 1: return normalize<1>(args, first);
  }
}
