// What kernels on 256-bit registers do with a panel: kRows rows of every block row by kCount times 16
// tokens. How a group is multiplied is the caller's (spmm/sweep_avx2.h, spmm/sweep_avxvnni.h):
//
//   Product::Tokens            what is multiplied with weights: four channels of eight tokens
//   Product::tokens(p, q, h)   the same from bytes interleaved by lines 0 and kSecond (p), and by the
//                              other two (q): the low (h = 0) or high half of each 128-bit lane
//   Product::add(sum, x, w)    sums of a row += tokens . the group's four weights of that row
//
// 16 registers: 8 sums, what is multiplied, weights. Four rows by 16 tokens: a panel of 64 is swept four
// times, 8 and 16 rows four at a time, and no sum leaves its register in between.
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake
//   vpunpck* ymm                                       1, 3 (FP1 FP2 FP3)   1, 1 (p5; p15 for some)
//   vpermq ymm                                         4, 1 (FP1 FP2)       3, 1 (p5)
//   vpbroadcastd ymm, m32                              load only            load only
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/store_avx2.h"
#include "inline.h"
#include "spmm.h"
#include "spmm/groups.h"

namespace {

SPBENCH_INLINE __m256i load_half_line(const uint8_t* bytes) {
  return _mm256_load_si256((const __m256i*)bytes);
}

SPBENCH_INLINE __m256i unpack_bytes(__m256i a, __m256i b, bool is_high) {
  return is_high ? _mm256_unpackhi_epi8(a, b) : _mm256_unpacklo_epi8(a, b);
}

// Lines of four channels, interleaved. x[2 j + h]: tokens 16 (kFirst + j) .. of the panel, by four:
//
//   width 64       h = 0: fours 0 1     h = 1: fours 2 3
//   width 32, 16   h = 0: fours 0 2     h = 1: fours 1 3    (put right when sums are stored)
template <typename Product, int kWidth, int kFirst, int kCount>
SPBENCH_INLINE void interleave(const uint8_t* panel, const uint64_t channel[4],
                               typename Product::Tokens x[2 * kCount]) {
  constexpr int kSecond = Product::kSecond, kThird = 3 - kSecond;
  __m256i line[4], p, q;
  SPBENCH_UNROLL for (int h = 0; h < 2; ++h) {
    SPBENCH_UNROLL for (int c = 0; c < 4; ++c) {
      const uint8_t* bytes = panel + kWidth * channel[c];
      if constexpr (kWidth == 64) {
        line[c] = load_half_line(bytes + 32 * h);
      } else if constexpr (kWidth == 32) {
        if (h == 0) line[c] = load_half_line(bytes);
      } else if (h == 0) {  // eight tokens a lane
        const __m128i tokens = _mm_load_si128((const __m128i*)bytes);
        line[c] = _mm256_permute4x64_epi64(_mm256_castsi128_si256(tokens), 0x10);
      }
    }
    SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
      const int column = kFirst + j;
      const bool is_high = kWidth == 64 ? column / 2 == 1 : kWidth == 32 ? h == 1 : false;
      if (j == 0 || column % 2 == 0) {
        p = unpack_bytes(line[0], line[kSecond], is_high);
        q = unpack_bytes(line[kThird], line[3], is_high);
      }
      x[2 * j + h] = Product::tokens(p, q, kWidth == 16 ? h : column % 2);
    }
  }
}

// Sums into token order.
template <int kWidth, int kCount>
SPBENCH_INLINE void order_sums(__m256i sum[2 * kCount]) {
  if (kWidth == 64) return;
  SPBENCH_UNROLL for (int j = 0; j < kCount; ++j) {
    const __m256i even = sum[2 * j], odd = sum[2 * j + 1];
    sum[2 * j] = _mm256_permute2x128_si256(even, odd, 0x20);
    sum[2 * j + 1] = _mm256_permute2x128_si256(even, odd, 0x31);
  }
}

// Rows first_row .. first_row + kRows - 1 of every block row, columns of 16 tokens kFirst .. of every
// line.
template <typename Product, typename Channel, int kBlockRows, int kCols, int kWidth, int kRows,
          int kFirst, int kCount>
SPBENCH_INLINE void sweep(const spmm_args* args, int64_t begin, int64_t end, int first_row) {
  for (int64_t i = begin; i < end; ++i) {
    __m256i sum[kRows][2 * kCount];
    SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
      SPBENCH_UNROLL for (int t = 0; t < 2 * kCount; ++t) sum[r][t] = _mm256_setzero_si256();
    }
    const int64_t last = args->group_begin[i + 1];
    for (int64_t g = args->group_begin[i]; g < last; ++g) {
      uint64_t channel[4];
      typename Product::Tokens x[2 * kCount];
      const int8_t* weights = args->weights + 4 * (kBlockRows * g + first_row);
      channels_of<kCols, Channel>(args, i, g, channel);
      interleave<Product, kWidth, kFirst, kCount>(args->x, channel, x);
      SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
        Product::template add<2 * kCount>(sum[r], x, weights + 4 * r);
      }
    }
    SPBENCH_UNROLL for (int r = 0; r < kRows; ++r) {
      const int64_t m = kBlockRows * i + first_row + r;
      order_sums<kWidth, kCount>(sum[r]);
      if (m < args->m) store_line<kWidth, kFirst, kCount>(args, m, sum[r]);
    }
  }
}

}  // namespace

// The same for both widths of channel numbers.
#define SPBENCH_SWEEP(Product, args, begin, end, first_row, ...)            \
  ((args)->channels_are_wide                                                \
       ? sweep<Product, uint32_t, __VA_ARGS__>(args, begin, end, first_row) \
       : sweep<Product, uint16_t, __VA_ARGS__>(args, begin, end, first_row))
