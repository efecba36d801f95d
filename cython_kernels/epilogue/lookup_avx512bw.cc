// bytes[i] = table[bytes[i]], 64 at a time, AVX-512F + BW without VBMI.
//
// The table as 128 words fills four registers; bits 6 .. 1 of a byte choose a word of two of them,
// bit 7 which two, bit 0 the byte of the word. Even and odd bytes are looked up apart, as the low
// bytes of words.
//
//   instruction             latency, per cycle    Zen 4            Ice Lake           64 bytes
//   vpermt2w zmm                                  5, 1 (FP1 FP2)   7, 1/2 (p5, twice)     4
//   vpmovw2m, vptestmw, vpsrlw, vpblendmw ...     1, 2             1-3, 1                14
//
// Bound: 9 cycles for 64 bytes on Zen 4, as its shuffles and shifts share pipes.

#include <immintrin.h>

#include "inline.h"
#include "lookup_kernels.h"

namespace {

// Of words that hold a byte in their low half: table[byte] in the low half.
SPBENCH_INLINE __m512i low_bytes(const __m512i words[4], __m512i index) {
  const __m512i word = _mm512_srli_epi16(index, 1);
  const __m512i low = _mm512_permutex2var_epi16(words[0], word, words[1]);
  const __m512i high = _mm512_permutex2var_epi16(words[2], word, words[3]);
  const __mmask32 is_high = _mm512_test_epi16_mask(index, _mm512_set1_epi16(0x80));
  const __mmask32 is_odd = _mm512_test_epi16_mask(index, _mm512_set1_epi16(1));
  const __m512i found = _mm512_mask_blend_epi16(is_high, low, high);
  return _mm512_mask_srli_epi16(found, is_odd, found, 8);
}

SPBENCH_INLINE __m512i looked_up(const __m512i words[4], __m512i bytes) {
  const __m512i even = low_bytes(words, _mm512_and_si512(bytes, _mm512_set1_epi16(0xff)));
  const __m512i odd = low_bytes(words, _mm512_srli_epi16(bytes, 8));
  return _mm512_mask_blend_epi8(0xaaaaaaaaaaaaaaaa, even, _mm512_slli_epi16(odd, 8));
}

}  // namespace

void lookup_avx512bw(const uint8_t* table, uint8_t* bytes, int64_t count) {
  const __m512i words[4] = {_mm512_loadu_si512(table), _mm512_loadu_si512(table + 64),
                            _mm512_loadu_si512(table + 128), _mm512_loadu_si512(table + 192)};
  int64_t i = 0;
  for (; i + 64 <= count; i += 64) {
    _mm512_storeu_si512(bytes + i, looked_up(words, _mm512_loadu_si512(bytes + i)));
  }
  if (i < count) {
    const __mmask64 rest = ((uint64_t)1 << (count - i)) - 1;
    const __m512i last = _mm512_maskz_loadu_epi8(rest, bytes + i);
    _mm512_mask_storeu_epi8(bytes + i, rest, looked_up(words, last));
  }
}
