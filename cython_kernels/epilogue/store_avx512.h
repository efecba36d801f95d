// From s32 sums in registers to lines of Y, AVX-512F + BW + DQ (include/epilogue.h).
//
// What most layers need is inlined behind the sums: s32, f32 and bytes whose epilogue is plain and
// fits. All else passes memory once, 16 registers and back, into finish_rows.
//
//   plain bytes, 16 values         FP0 FP1    FP2 FP3    FP1 FP2       pipes of Zen 4, where vpdpbusd
//   vcvtdq2ps, vcvtps2dq zmm                  2                        takes FP0 FP1; each register
//   vfmadd zmm                     1                                   takes a pipe for two cycles
//   vpackssdw, vpack[u]swb zmm                           3/4
//
//   instruction          latency, per cycle     Zen 4      Ice Lake
//   vcvtdq2ps, vcvtps2dq                        3, 1       4, 1 (p0)
//   vfmadd213ps, vminps                         4, 1       4, 1 (p0)
//   vpackssdw, vpackuswb                        2, 1       3, 1 (p5)
//
// Packing inside the 128-bit lanes leaves the bytes in the order of a panel (include/panels.h), so
// a requantised line needs no permutation at width 64. Two lines of 32 or four of 16 share the
// registers that one line would leave empty: one permutation, one store of 64 bytes.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/activation_avx512.h"
#include "inline.h"
#include "spmm.h"

namespace {

// vcvtps2dq turns floats past 2^31 into the most negative integer: where such may come, they are
// cut before, to what vpackssdw saturates rightly.
SPBENCH_INLINE __m512 cut(__m512 value) { return _mm512_min_ps(value, _mm512_set1_ps(32767.0f)); }

template <bool kSigned>
SPBENCH_INLINE __m512i pack_words(__m512i low, __m512i high) {
  return kSigned ? _mm512_packs_epi16(low, high) : _mm512_packus_epi16(low, high);
}

// Lines that one register of bytes holds, of kRows neighbouring ones.
constexpr int lines_together(int width, int rows) {
  const int most = width == 32 ? 2 : width == 16 ? 4 : 1;
  return rows % most == 0 ? most : 1;
}

// Neighbouring lines of bytes from rounded values: q[r][j] holds tokens 16 (kFirst + j) .. of
// line r; two lines of 32 are in the order of Lines<32>. Part of a line of 64 is written under a
// mask: the rest of it belongs to another sweep.
template <int kWidth, int kFirst, int kCount, int kLines, bool kSigned>
SPBENCH_INLINE void store_bytes(int8_t* line, const __m512i q[kLines][kCount]) {
  if constexpr (kWidth == 64 && kCount == 4) {
    _mm512_store_si512(line, pack_words<kSigned>(_mm512_packs_epi32(q[0][0], q[0][1]),
                                                 _mm512_packs_epi32(q[0][2], q[0][3])));
  } else if constexpr (kWidth == 64 && kCount == 2) {
    const __m512i words = _mm512_packs_epi32(q[0][0], q[0][1]);
    _mm512_mask_storeu_epi64(line, kFirst == 0 ? 0x55 : 0xaa, pack_words<kSigned>(words, words));
  } else if constexpr (kWidth == 64 && kCount == 1) {
    const __m512i words = _mm512_packs_epi32(q[0][0], q[0][0]);
    _mm512_mask_storeu_epi32(line, (__mmask16)(0x1111 << kFirst),
                             pack_words<kSigned>(words, words));
  } else if constexpr (kWidth == 32 && kLines == 2) {
    // A 128-bit lane holds tokens 0-3 4-7 (8-11 12-15, ...) of one line, then of the other.
    const __m512i bytes = pack_words<kSigned>(_mm512_packs_epi32(q[0][0], q[0][1]),
                                              _mm512_packs_epi32(q[1][0], q[1][1]));
    const __m512i by_line = _mm512_set_epi32(15, 7, 14, 6, 11, 3, 10, 2, 13, 5, 12, 4, 9, 1, 8, 0);
    _mm512_storeu_si512(line, _mm512_permutexvar_epi32(by_line, bytes));
  } else if constexpr (kWidth == 32) {
    const __m512i words = _mm512_packs_epi32(q[0][0], q[0][1]);
    const __m512i bytes = pack_words<kSigned>(words, words);
    const __m512i gathered =
        _mm512_permutexvar_epi64(_mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0), bytes);
    _mm256_store_si256((__m256i*)line, _mm512_castsi512_si256(gathered));
  } else if constexpr (kLines == 4) {
    // A 128-bit lane holds four bytes of each line.
    const __m512i bytes = pack_words<kSigned>(_mm512_packs_epi32(q[0][0], q[1][0]),
                                              _mm512_packs_epi32(q[2][0], q[3][0]));
    const __m512i by_line = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    _mm512_storeu_si512(line, _mm512_permutexvar_epi32(by_line, bytes));
  } else {
    const __m128i bytes =
        kSigned ? _mm512_cvtsepi32_epi8(q[0][0])
                : _mm512_cvtusepi32_epi8(_mm512_max_epi32(q[0][0], _mm512_setzero_si512()));
    _mm_store_si128((__m128i*)line, bytes);
  }
}

// Registers from the order of Lines<kWidth> (spmm/lines_avx512.h) into that of tokens.
template <int kWidth, int kCount>
SPBENCH_INLINE void in_token_order(const __m512i sums[kCount], __m512i ordered[kCount]) {
  if constexpr (kWidth == 32) {
    const __m512i lower = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
    const __m512i upper = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    ordered[0] = _mm512_permutex2var_epi64(sums[0], lower, sums[1]);
    ordered[1] = _mm512_permutex2var_epi64(sums[0], upper, sums[1]);
  } else {
    SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) ordered[j] = sums[j];
  }
}

// Scale and bias of line m.
template <int kCount>
SPBENCH_INLINE void scale_line(const spbench_epilogue& epilogue, int64_t m,
                               const __m512i sums[kCount], __m512 value[kCount]) {
  const __m512 scale = _mm512_set1_ps(epilogue.scale[m]);
  const __m512 bias = _mm512_set1_ps(epilogue.bias[m]);
  SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
    value[j] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[j]), scale, bias);
  }
}

// Scale, bias, and what belongs to tokens.
template <int kFirst, int kCount>
SPBENCH_INLINE void scale_tokens(const spbench_epilogue& epilogue, int64_t m,
                                 const __m512i sums[kCount], __m512 value[kCount]) {
  const __m512 scale = _mm512_set1_ps(epilogue.scale[m]);
  const __m512 bias = _mm512_set1_ps(epilogue.bias[m]);
  const __m512i offset = _mm512_set1_epi32(epilogue.offset ? epilogue.offset[m] : 0);
  SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
    const __m512 sum = _mm512_cvtepi32_ps(_mm512_add_epi32(sums[j], offset));
    __m512 by_token = scale;
    if (epilogue.token_scale) {
      const float* token_scale = epilogue.token_scale + 16 * (kFirst + j);
      by_token = _mm512_mul_ps(scale, _mm512_loadu_ps(token_scale));
    }
    value[j] = _mm512_fmadd_ps(sum, by_token, bias);
  }
}

template <int kWidth, int kFirst, int kCount>
SPBENCH_INLINE void store_floats(const spmm_args* args, int64_t m, const __m512 value[kCount]) {
  float* line = (float*)args->y + m * kWidth + 16 * kFirst;
  SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) _mm512_store_ps(line + 16 * j, value[j]);
}

template <int kWidth, int kFirst, int kCount>
SPBENCH_INLINE void store_sums(const spmm_args* args, int64_t m, const __m512i sums[kCount]) {
  int32_t* line = (int32_t*)args->y + m * kWidth + 16 * kFirst;
  SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) _mm512_store_si512(line + 16 * j, sums[j]);
}

// Where a residual is added, the activation leaves its value as it is, and the output's scale
// comes after; else the activation applies it.
template <int kWidth, int kFirst, int kCount, typename Activation>
SPBENCH_INLINE void finish_with(const spmm_args* args, int64_t m, int64_t rows,
                                const __m512i* sums) {
  const spbench_epilogue& epilogue = args->epilogue;
  const bool is_float = epilogue.output == SPBENCH_F32, is_signed = epilogue.output == SPBENCH_S8;
  const bool has_tokens = epilogue.token_scale || epilogue.offset, fits = epilogue.fits;
  const bool is_scaled = !is_float && !epilogue.is_plain;
  const float* residual = epilogue.residual;
  const __m512 one = _mm512_set1_ps(1.0f), zero = _mm512_setzero_ps();
  const __m512 scale = is_scaled ? _mm512_set1_ps(epilogue.output_scale) : one;
  const __m512 bias = is_scaled ? _mm512_set1_ps(epilogue.output_bias) : zero;
  const Activation activation(residual ? one : scale, residual ? zero : bias);
  for (int64_t r = 0; r < rows; ++r, sums += kCount) {
    __m512 value[kCount];
    if (has_tokens) {
      scale_tokens<kFirst, kCount>(epilogue, m + r, sums, value);
    } else {
      scale_line<kCount>(epilogue, m + r, sums, value);
    }
    SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) value[j] = activation(value[j]);
    if (residual) {
      const float* line = residual + (m + r) * kWidth + 16 * kFirst;
      SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
        value[j] = _mm512_add_ps(value[j], _mm512_loadu_ps(line + 16 * j));
        value[j] = _mm512_fmadd_ps(value[j], scale, bias);
      }
    }
    if (is_float) {
      store_floats<kWidth, kFirst, kCount>(args, m + r, value);
      continue;
    }
    if (!fits) SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) value[j] = cut(value[j]);
    __m512i q[1][kCount];
    SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) q[0][j] = _mm512_cvtps_epi32(value[j]);
    int8_t* line = (int8_t*)args->y + (m + r) * kWidth;
    if (is_signed) {
      store_bytes<kWidth, kFirst, kCount, 1, true>(line, q);
    } else {
      store_bytes<kWidth, kFirst, kCount, 1, false>(line, q);
    }
  }
}

// Any epilogue of lines m .. m + rows - 1, with the sums in memory, in token order.
template <int kWidth, int kFirst, int kCount>
__attribute__((noinline)) void finish_rows(const spmm_args* args, int64_t m, int64_t rows,
                                           const __m512i* sums) {
  if (args->epilogue.output == SPBENCH_S32) {
    for (int64_t r = 0; r < rows; ++r) {
      store_sums<kWidth, kFirst, kCount>(args, m + r, sums + r * kCount);
    }
    return;
  }
  switch (args->epilogue.activation) {
    case SPBENCH_RELU: return finish_with<kWidth, kFirst, kCount, Relu>(args, m, rows, sums);
    case SPBENCH_GELU: return finish_with<kWidth, kFirst, kCount, Gelu>(args, m, rows, sums);
    case SPBENCH_TANH: return finish_with<kWidth, kFirst, kCount, Tanh>(args, m, rows, sums);
    default: return finish_with<kWidth, kFirst, kCount, NoActivation>(args, m, rows, sums);
  }
}

template <int kWidth, int kFirst, int kCount, int kRows, bool kSigned>
SPBENCH_INLINE void store_plain_bytes(const spmm_args* args, int64_t m,
                                      const __m512i sums[kRows][kCount]) {
  constexpr int kLines = lines_together(kWidth, kRows);
  SPBENCH_UNROLL for (int r = 0; r < kRows; r += kLines) {
    __m512i q[kLines][kCount];
    SPBENCH_UNROLL for (int i = 0; i < kLines; ++i) {
      __m512i ordered[kCount];
      __m512 value[kCount];
      in_token_order<kLines == 1 ? kWidth : 0, kCount>(sums[r + i], ordered);
      scale_line<kCount>(args->epilogue, m + r + i, ordered, value);
      SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) q[i][j] = _mm512_cvtps_epi32(value[j]);
    }
    store_bytes<kWidth, kFirst, kCount, kLines, kSigned>((int8_t*)args->y + (m + r) * kWidth, q);
  }
}

// Lines that will be added to sums of which the first group is multiplied now.
template <int kWidth, int kFirst, int kCount, int kRows>
SPBENCH_INLINE void prefetch_residual(const spmm_args* args, int64_t m) {
  if (args->epilogue.residual == nullptr) return;
  const float* line = args->epilogue.residual + m * kWidth + 16 * kFirst;
  SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
    SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
      _mm_prefetch((const char*)(line + r * kWidth + 16 * j), _MM_HINT_T0);
    }
  }
}

// Whether scale, bias and an f32 residual are all there is.
SPBENCH_INLINE bool adds_residual(const spbench_epilogue& epilogue) {
  return epilogue.residual && epilogue.output == SPBENCH_F32 && !epilogue.token_scale &&
         !epilogue.offset && epilogue.activation == SPBENCH_NO_ACTIVATION;
}

// Lines m .. m + kRows - 1, as far as Y has them. sums[r][j] holds tokens 16 (kFirst + j) ..; at
// width 32 they are in the order of Lines<32>.
template <int kWidth, int kFirst, int kCount, int kRows>
SPBENCH_INLINE void store_rows(const spmm_args* args, int64_t m,
                               const __m512i sums[kRows][kCount]) {
  const spbench_epilogue& epilogue = args->epilogue;
  const bool is_whole = m + kRows <= args->m;
  if (is_whole && epilogue.output == SPBENCH_S32) {
    SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
      __m512i ordered[kCount];
      in_token_order<kWidth, kCount>(sums[r], ordered);
      store_sums<kWidth, kFirst, kCount>(args, m + r, ordered);
    }
  } else if (is_whole && epilogue.is_plain && epilogue.fits) {
    if (epilogue.output == SPBENCH_U8) {
      store_plain_bytes<kWidth, kFirst, kCount, kRows, false>(args, m, sums);
    } else if (epilogue.output == SPBENCH_S8) {
      store_plain_bytes<kWidth, kFirst, kCount, kRows, true>(args, m, sums);
    } else {
      SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
        __m512i ordered[kCount];
        __m512 value[kCount];
        in_token_order<kWidth, kCount>(sums[r], ordered);
        scale_line<kCount>(epilogue, m + r, ordered, value);
        store_floats<kWidth, kFirst, kCount>(args, m + r, value);
      }
    }
  } else if (kWidth == 64 && is_whole && adds_residual(epilogue)) {
    SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
      const float* line = epilogue.residual + (m + r) * kWidth + 16 * kFirst;
      __m512 value[kCount];
      scale_line<kCount>(epilogue, m + r, sums[r], value);
      SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
        value[j] = _mm512_add_ps(value[j], _mm512_loadu_ps(line + 16 * j));
      }
      store_floats<kWidth, kFirst, kCount>(args, m + r, value);
    }
  } else {
    __m512i in_memory[kRows * kCount];
    SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
      in_token_order<kWidth, kCount>(sums[r], in_memory + r * kCount);
    }
    const int64_t rows = is_whole ? kRows : args->m - m;
    if (rows > 0) finish_rows<kWidth, kFirst, kCount>(args, m, rows, in_memory);
  }
}

}  // namespace
