// Y[M] = W[M, K] . X[K] for 4x1 blocks and one token, AVX-512 VNNI with VBMI.
//
// Operands as in include/spmv.h. X's tile of 256 channels is a table in four registers:
//
//   index    lane r: the group's 16 channels                1 broadcasting load of 16 bytes
//   low      X of those below 128                           vpermi2b on two registers
//   high     X of the others                                vpermi2b on the other two
//   x        chosen by the index's top bit                  vpmovb2m, vpblendmb
//   sum     += x . weights (lane r: row r)                  1 vpdpbusd, 64 bytes loaded
//
//   instruction            latency, per cycle    Zen 4                Ice Lake
//   vpermi2b zmm                                 5, 1 (FP1 FP2)       3, 1/2 (p5, two uops more)
//   vpmovb2m                                     3, 1                 3, 1 (p0)
//   vpblendmb zmm                                1, 1                 1, 2 (p05)
//   vpdpbusd zmm, m512                           4, 1 (FP0 FP1)       5, 1
//
// Bound: 80 bytes of W for 64 weights, from wherever W lies: 1 / 3.3 cycles a group from L3 on
// Zen 4, as much as the two vpermi2b, the blend and vpdpbusd take. Dense int8 reads 64 / (1 - s)
// bytes instead.

#include <immintrin.h>
#include <stdint.h>

#include "epilogue/requantize_avx512.h"
#include "spmv_kernels.h"

struct tile_x {
  __m512i part[4];
};

static inline __attribute__((always_inline)) struct tile_x load_tile(const uint8_t* x) {
  struct tile_x tile;
  for (int i = 0; i < 4; ++i) tile.part[i] = _mm512_loadu_si512(x + 64 * i);
  return tile;
}

static inline __attribute__((always_inline)) __m512i add_group(__m512i sum,
                                                               const uint8_t* channels,
                                                               const int8_t* weights,
                                                               struct tile_x tile) {
  const __m512i index = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i*)channels));
  const __m512i low = _mm512_permutex2var_epi8(tile.part[0], index, tile.part[1]);
  const __m512i high = _mm512_permutex2var_epi8(tile.part[2], index, tile.part[3]);
  const __m512i x = _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), low, high);
  return _mm512_dpbusd_epi32(sum, x, _mm512_load_si512(weights));
}

#include "spmv/chunk_avx512.h"

void spmv_u8s8_4x1_avx512vbmi(const struct spmv_args* args, int64_t begin, int64_t end) {
  chunks(args, begin, end);
}
