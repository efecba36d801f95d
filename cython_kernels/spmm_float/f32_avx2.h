// f32 in AVX2 with FMA, as block_rows.h asks for it.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "spmm_float/block_rows.h"
#include "spmm_float/epilogue.h"

namespace {

struct F32Avx2 {
  typedef __m256 Sum;
  typedef __m256 Operand;
  static constexpr int kLanes = 8, kChannels = 1;

  SPBENCH_INLINE __m256 zero() { return _mm256_setzero_ps(); }

  SPBENCH_INLINE __m256 add(__m256 a, __m256 b) { return _mm256_add_ps(a, b); }

  template <int kWidth, int kRegisters, class Channel>
  SPBENCH_INLINE void load(const void* x, const Channel* channel, int token,
                           __m256 operand[kRegisters]) {
    const float* line = static_cast<const float*>(x) + int64_t{kWidth} * *channel + token;
    for (int j = 0; j < kRegisters; ++j) operand[j] = _mm256_load_ps(line + 8 * j);
  }

  SPBENCH_INLINE __m256 weight(const void* weights, int64_t index) {
    return _mm256_broadcast_ss(static_cast<const float*>(weights) + index);
  }

  SPBENCH_INLINE __m256 multiply_add(__m256 sum, __m256 x, __m256 w) {
    return _mm256_fmadd_ps(x, w, sum);
  }

  template <int kWidth, int kRegisters>
  SPBENCH_INLINE void store(const spmm_float_args* args, int64_t m, int token,
                            const __m256 sum[kRegisters]) {
    __m256 value[kRegisters];
    for (int j = 0; j < kRegisters; ++j) value[j] = finished(args, m, sum[j]);
    float* line = static_cast<float*>(args->y) + kWidth * m + token;
    for (int j = 0; j < kRegisters; ++j) _mm256_store_ps(line + 8 * j, value[j]);
  }
};

}  // namespace
