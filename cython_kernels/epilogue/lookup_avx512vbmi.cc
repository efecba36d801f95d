// bytes[i] = table[bytes[i]], 64 at a time, AVX-512 VBMI.
//
// The table fills four registers; bits 6 .. 0 of a byte choose among the bytes of two of them, bit 7
// which two.
//
//   instruction             latency, per cycle    Zen 4            Ice Lake          64 bytes
//   vpermi2b zmm                                  5, 1 (FP1 FP2)   8, 1/2 (p5, p015)     2
//   vpmovb2m, vpblendmb                           1, 2             3, 1 (p0), 1 (p05)    1, 1
//   vmovdqu64 zmm to memory                       1/2              1                     1
//
// Bound: 2 cycles for 64 bytes, shuffles and store.

#include <immintrin.h>

#include "inline.h"
#include "lookup_kernels.h"

namespace {

SPBENCH_INLINE __m512i looked_up(const __m512i part[4], __m512i bytes) {
  const __m512i low = _mm512_permutex2var_epi8(part[0], bytes, part[1]);
  const __m512i high = _mm512_permutex2var_epi8(part[2], bytes, part[3]);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), low, high);
}

}  // namespace

void lookup_avx512vbmi(const uint8_t* table, uint8_t* bytes, int64_t count) {
  const __m512i part[4] = {_mm512_loadu_si512(table), _mm512_loadu_si512(table + 64),
                           _mm512_loadu_si512(table + 128), _mm512_loadu_si512(table + 192)};
  int64_t i = 0;
  for (; i + 64 <= count; i += 64) {
    _mm512_storeu_si512(bytes + i, looked_up(part, _mm512_loadu_si512(bytes + i)));
  }
  if (i < count) {
    const __mmask64 rest = ((uint64_t)1 << (count - i)) - 1;
    const __m512i last = _mm512_maskz_loadu_epi8(rest, bytes + i);
    _mm512_mask_storeu_epi8(bytes + i, rest, looked_up(part, last));
  }
}
