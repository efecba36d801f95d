// Y[M] = W[M, K] . X[K] for 4x1 blocks and one token, AVX-512 VNNI without VBMI.
//
// As spmv_u8s8_4x1_avx512vbmi.cc, but the 16 bytes of X are loaded one by one, since there is
// no table of bytes to look them up in (Cascade Lake):
//
//   x        16 bytes of X's tile                           16 vpinsrb from memory
//            in every lane                                  1 vshufi32x4
//   sum     += x . weights (lane r: row r)                  1 vpdpbusd, 64 bytes loaded
//
//   instruction            latency, per cycle    Zen 4                Cascade Lake
//   vpinsrb xmm, m8                              1, 2                 2, 1 (p5)
//   vpdpbusd zmm, m512                           4, 1 (FP0 FP1)       5, 1
//
// Bound: 16 loads and 16 insertions a group, 16 cycles on Cascade Lake.

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/requantize_avx512.h"
#include "spmv_kernels.h"

struct tile_x {
  const uint8_t* bytes;
};

static inline __attribute__((always_inline)) struct tile_x load_tile(const uint8_t* x) {
  struct tile_x tile = {x};
  return tile;
}

static inline __attribute__((always_inline)) __m512i add_group(__m512i sum,
                                                               const uint8_t* channels,
                                                               const int8_t* weights,
                                                               struct tile_x tile) {
  // Two halves, so that the insertions are two chains.
  __m128i low = _mm_setzero_si128(), high = _mm_setzero_si128();
#define INSERT(i)                                          \
  low = _mm_insert_epi8(low, tile.bytes[channels[i]], i);  \
  high = _mm_insert_epi8(high, tile.bytes[channels[8 + i]], i);
  INSERT(0) INSERT(1) INSERT(2) INSERT(3) INSERT(4) INSERT(5) INSERT(6) INSERT(7)
#undef INSERT
  const __m512i x = _mm512_broadcast_i32x4(_mm_unpacklo_epi64(low, high));
  return _mm512_dpbusd_epi32(sum, x, _mm512_load_si512(weights));
}

#include "spmv/chunk_avx512.h"

void spmv_u8s8_4x1_avx512vnni(const struct spmv_args* args, int64_t begin, int64_t end) {
  chunks(args, begin, end);
}
