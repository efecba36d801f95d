// f32 in AVX-512F, as block_rows.h asks for it.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "spmm_float/block_rows.h"
#include "spmm_float/epilogue.h"

namespace {

struct F32Avx512 {
  typedef __m512 Sum;
  typedef __m512 Operand;
  static constexpr int kLanes = 16, kChannels = 1;

  SPBENCH_INLINE __m512 zero() { return _mm512_setzero_ps(); }

  SPBENCH_INLINE __m512 add(__m512 a, __m512 b) { return _mm512_add_ps(a, b); }

  template <int kWidth, int kRegisters, class Channel>
  SPBENCH_INLINE void load(const void* x, const Channel* channel, int token,
                           __m512 operand[kRegisters]) {
    const float* line = static_cast<const float*>(x) + int64_t{kWidth} * *channel + token;
    for (int j = 0; j < kRegisters; ++j) operand[j] = _mm512_load_ps(line + 16 * j);
  }

  SPBENCH_INLINE __m512 weight(const void* weights, int64_t index) {
    return _mm512_set1_ps(static_cast<const float*>(weights)[index]);
  }

  SPBENCH_INLINE __m512 multiply_add(__m512 sum, __m512 x, __m512 w) {
    return _mm512_fmadd_ps(x, w, sum);
  }

  template <int kWidth, int kRegisters>
  SPBENCH_INLINE void store(const spmm_float_args* args, int64_t m, int token,
                            const __m512 sum[kRegisters]) {
    store_f32<kWidth, kRegisters>(args, m, token, sum);
  }
};

}  // namespace
