// Floats to bytes by token (include/quantize.h), AVX-512BW: all registers of a line at once, two
// walks down the channels.
//
//   walk       a line of 64 tokens costs                         pipes of Zen 4, 2 cycles each
//   maximum    4 loads, 4 vandps, 4 vmaxps                       8 FP0 .. FP3: 4 cycles
//   bytes      4 loads, 4 vfmadd, 4 vcvtps2dq, 3 packs, 1 store  8 FP0 .. FP3, 3 packs: 6
//
//   instruction                  latency, per cycle    Zen 4               Ice Lake
//   vmaxps zmm                                         2, 1 (FP0 FP1)      4, 1 (p0; p05)
//   vfmadd zmm                                         4, 1 (FP0 FP1)      4, 1 (p0; p05)
//   vcvtps2dq zmm                                      3, 1 (FP2 FP3)      4, 1 (p0; p05)
//
// Bound: 10 cycles a line where x lies in L1; from L2, which it is written to just before, 256
// bytes of a line take 8 to 9 cycles a walk: 17.

#include <immintrin.h>

#include "encoder_kernels.h"
#include "inline.h"
#include "line_store_avx512.h"

namespace {

template <int kCount>
SPBENCH_INLINE void quantize_part(const quantize_args* args, const float* x, float* scale,
                                  uint8_t* line, const LinePart& part) {
  const int64_t width = args->width;
  __m512 top[kCount], inverse[kCount];
  SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) top[r] = _mm512_setzero_ps();
  for (int64_t c = 0; c < args->channels; ++c) {
    SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
      top[r] = _mm512_max_ps(top[r], _mm512_abs_ps(_mm512_load_ps(x + c * width + 16 * r)));
    }
  }
  SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
    _mm512_storeu_ps(scale + 16 * r, _mm512_mul_ps(top[r], _mm512_set1_ps(1.0f / 127.0f)));
    inverse[r] = _mm512_div_ps(_mm512_set1_ps(127.0f),
                               _mm512_max_ps(top[r], _mm512_set1_ps(kLeastTop)));
  }
  const __m512 zero_point = _mm512_set1_ps(128.0f);
  const __m512i flip = _mm512_set1_epi8(args->is_signed ? (char)128 : 0);
  for (int64_t c = 0; c < args->channels; ++c) {
    __m512i q[kCount];
    SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
      const __m512 value = _mm512_load_ps(x + c * width + 16 * r);
      q[r] = _mm512_cvtps_epi32(_mm512_fmadd_ps(value, inverse[r], zero_point));
    }
    store_packed(line + c * width, _mm512_xor_si512(pack_part<kCount>(q), flip), part);
  }
}

template <int kCount>
void quantize(const quantize_args* args, int first) {
  const LinePart part = line_part(args->width, first, kCount, 0, 0, args->width);
  const int64_t floats = args->channels * args->width;
  for (int64_t i = 0; i < args->parts; ++i) {
    quantize_part<kCount>(args, args->x + i * floats + 16 * first,
                          args->scale + i * args->width + 16 * first, args->q + i * floats, part);
  }
}

}  // namespace

void quantize_f32_avx512bw(const quantize_args* args, int first, int count) {
  switch (count) {
    case 4: return quantize<4>(args, first);
    case 3: return quantize<3>(args, first);
    case 2: return quantize<2>(args, first);
    case 1: return quantize<1>(args, first);
  }
}
