// Rounded values of up to 64 tokens into part of a byte line, AVX-512BW: for kernels that learn only
// at run time how wide the panel is and which of its tokens are theirs.
//
//   q[r]   16 s32 of tokens 16 (first + r) ..      packed inside the 128-bit lanes: dword 4 L + r
//                                                  then put where the panel wants it: J L + first + r
//
//   instruction                  latency, per cycle    Zen 4               Ice Lake
//   vpackssdw, vpackuswb zmm                           2, 1 (FP1 FP2)      1, 1 (p5)
//   vpermd zmm                                         4, 1 (FP1 FP2)      3, 1 (p5)
//   vmovdqu8 m512{k}                                   store               store
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "inline.h"
#include "panels.h"

namespace {

struct LinePart {
  __m512i order;     // dword of the line -> dword of the packed registers
  __mmask64 bytes;   // of the line that may be written
  int is_whole_64;   // all of a line of 64: neither order nor mask is needed
};

// Registers first .. first + count - 1 of a panel that begins at token `start`, of them tokens
// begin .. end - 1.
SPBENCH_INLINE LinePart line_part(int width, int first, int count, int64_t start, int64_t begin,
                                  int64_t end) {
  LinePart part;
  int32_t order[16] = {};
  part.bytes = 0;
  for (int r = 0; r < count; ++r) {
    for (int lane = 0; lane < 4; ++lane) {
      const int token = 16 * (first + r) + 4 * lane, byte = spbench_token_byte(width, token);
      order[byte / 4] = 4 * lane + r;
      for (int b = 0; b < 4; ++b) {
        const int64_t here = start + token + b;
        if (here >= begin && here < end) part.bytes |= (__mmask64)1 << (byte + b);
      }
    }
  }
  part.order = _mm512_loadu_si512(order);
  part.is_whole_64 = width == 64 && count == 4 && part.bytes == ~(__mmask64)0;
  return part;
}

// q: values that vpackssdw saturates rightly, below 2^31.
template <int kCount>
SPBENCH_INLINE __m512i pack_part(const __m512i q[kCount]) {
  const __m512i none = _mm512_setzero_si512();
  const __m512i low = _mm512_packs_epi32(q[0], kCount > 1 ? q[kCount > 1 ? 1 : 0] : none);
  const __m512i high = kCount > 2 ? _mm512_packs_epi32(q[kCount > 2 ? 2 : 0],
                                                       kCount > 3 ? q[kCount > 3 ? 3 : 0] : none)
                                  : none;
  return _mm512_packus_epi16(low, high);
}

SPBENCH_INLINE void store_packed(uint8_t* line, __m512i bytes, const LinePart& part) {
  if (part.is_whole_64) {
    _mm512_store_si512(line, bytes);
  } else {
    _mm512_mask_storeu_epi8(line, part.bytes, _mm512_permutexvar_epi32(part.order, bytes));
  }
}

template <int kCount>
SPBENCH_INLINE void store_part(uint8_t* line, const __m512i q[kCount], const LinePart& part) {
  store_packed(line, pack_part<kCount>(q), part);
}

}  // namespace
