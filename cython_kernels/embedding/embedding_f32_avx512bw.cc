// Rows to panels and back (include/embedding.h), AVX-512F: 16 tokens by 16 channels in registers.
//
//   transposition of 16 x 16         64 shuffles: 32 unpacks in 128-bit lanes, 32 between lanes
//
//   instruction                  latency, per cycle    Zen 4                Ice Lake
//   vunpck*ps, vshufps zmm                             1, 1 (FP1 FP2)       1, 1 (p5)
//   vshuff32x4 zmm                                     4, 1 (FP1 FP2)       3, 1 (p5)
//
// Bound: 64 cycles for 256 numbers, or the fetching of rows from memory.

#include <immintrin.h>

#include "encoder_kernels.h"
#include "inline.h"

namespace {

SPBENCH_INLINE __m512 low2(__m512 a, __m512 b) {
  return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

SPBENCH_INLINE __m512 high2(__m512 a, __m512 b) {
  return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

// to[c] lane t = from[t] lane c.
SPBENCH_INLINE void transpose(const __m512 from[16], __m512 to[16]) {
  __m512 quad[16];  // quad[4 q + c]: of four rows 4 q .., channel c of each lane's four
  SPBENCH_UNROLL for (int q = 0; q < 4; ++q) {
    const __m512* row = from + 4 * q;
    const __m512 a = _mm512_unpacklo_ps(row[0], row[1]), b = _mm512_unpackhi_ps(row[0], row[1]);
    const __m512 c = _mm512_unpacklo_ps(row[2], row[3]), d = _mm512_unpackhi_ps(row[2], row[3]);
    quad[4 * q] = low2(a, c);
    quad[4 * q + 1] = high2(a, c);
    quad[4 * q + 2] = low2(b, d);
    quad[4 * q + 3] = high2(b, d);
  }
  SPBENCH_UNROLL for (int c = 0; c < 4; ++c) {
    const __m512 a = _mm512_shuffle_f32x4(quad[c], quad[4 + c], 0x88);
    const __m512 b = _mm512_shuffle_f32x4(quad[c], quad[4 + c], 0xdd);
    const __m512 d = _mm512_shuffle_f32x4(quad[8 + c], quad[12 + c], 0x88);
    const __m512 e = _mm512_shuffle_f32x4(quad[8 + c], quad[12 + c], 0xdd);
    to[c] = _mm512_shuffle_f32x4(a, d, 0x88);
    to[4 + c] = _mm512_shuffle_f32x4(b, e, 0x88);
    to[8 + c] = _mm512_shuffle_f32x4(a, d, 0xdd);
    to[12 + c] = _mm512_shuffle_f32x4(b, e, 0xdd);
  }
}

// Channels c .. c + 15 that exist.
SPBENCH_INLINE __mmask16 held(int64_t channels, int64_t c) {
  return channels - c >= 16 ? 0xffff : (__mmask16)((1u << (channels - c)) - 1);
}

}  // namespace

void embedding_f32_avx512bw(const embedding_args* args) {
  for (int64_t c = 0; c < args->channels; c += 16) {
    const __mmask16 mask = held(args->channels, c);
    __m512 row[16], line[16];
    SPBENCH_UNROLL for (int t = 0; t < 16; ++t) {
      const __m512 word = _mm512_maskz_loadu_ps(mask, args->word + args->id[t] * args->channels + c);
      const __m512 position =
          _mm512_maskz_loadu_ps(mask, args->position + args->position_of[t] * args->channels + c);
      row[t] = _mm512_add_ps(word, position);
      if (args->type) {
        row[t] = _mm512_add_ps(
            row[t],
            _mm512_maskz_loadu_ps(mask, args->type + args->type_of[t] * args->channels + c));
      }
    }
    transpose(row, line);
    SPBENCH_UNROLL for (int i = 0; i < 16; ++i) {
      if (mask >> i & 1) _mm512_store_ps(args->x + (c + i) * args->width, line[i]);
    }
  }
}

void rows_f32_avx512bw(const rows_args* args) {
  for (int64_t c = 0; c < args->channels; c += 16) {
    const __mmask16 mask = held(args->channels, c);
    __m512 line[16], row[16];
    SPBENCH_UNROLL for (int i = 0; i < 16; ++i) {
      const int64_t channel = mask >> i & 1 ? c + i : c;
      line[i] = _mm512_load_ps(args->x + channel * args->width);
    }
    transpose(line, row);
    SPBENCH_UNROLL for (int t = 0; t < 16; ++t) {
      if (t < args->count) _mm512_mask_storeu_ps(args->row[t] + c, mask, row[t]);
    }
  }
}
