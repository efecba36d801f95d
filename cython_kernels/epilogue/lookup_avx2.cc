// bytes[i] = table[bytes[i]], 32 at a time, AVX2.
//
// vpshufb looks up 16 bytes and gives 0 where bit 7 of the index is set. For row t of the table,
// 16 t .. 16 t + 15, the index is byte - 16 t, added to 0x70 with saturation: bit 7 stays clear for
// the bytes of this row alone. What the 16 rows give is put together with or.
//
//   instruction            latency, per cycle    Zen 4               Ice Lake       a register of 32
//   vpsubb, vpaddusb, vpor                       1, 4 (2 for vpaddusb)    1, 2-3    16 each
//   vpshufb ymm                                  2, 2 (FP1 FP2)      1, 2 (p1 p5)   16
//
// Bound: 64 instructions for 32 bytes, about 18 cycles.

#include <immintrin.h>

#include "inline.h"
#include "lookup_kernels.h"

namespace {

SPBENCH_INLINE __m256i looked_up(const uint8_t* table, __m256i bytes) {
  __m256i found = _mm256_setzero_si256();
  SPBENCH_UNROLL for (int row = 0; row < 16; ++row) {
    const __m256i values =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i*)(table + 16 * row)));
    const __m256i index = _mm256_adds_epu8(_mm256_sub_epi8(bytes, _mm256_set1_epi8(16 * row)),
                                           _mm256_set1_epi8(0x70));
    found = _mm256_or_si256(found, _mm256_shuffle_epi8(values, index));
  }
  return found;
}

}  // namespace

void lookup_avx2(const uint8_t* table, uint8_t* bytes, int64_t count) {
  int64_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __m256i* line = (__m256i*)(bytes + i);
    _mm256_storeu_si256(line, looked_up(table, _mm256_loadu_si256(line)));
  }
  if (i < count) {
    __m128i* line = (__m128i*)(bytes + i);
    const __m256i last = _mm256_castsi128_si256(_mm_loadu_si128(line));
    _mm_storeu_si128(line, _mm256_castsi256_si128(looked_up(table, last)));
  }
}
