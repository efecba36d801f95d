// Y[N, M] = X[N, K] . W[M, K]^T for R x 1 blocks and a few tokens, AVX-512 BW without VNNI.
//
// As spmv_u8s8_avx512vnni.cc, but vpdpbusd is made of what Skylake has. vpmaddubsw would
// saturate, so bytes are widened to words; W's are widened once for all tokens:
//
//   even, odd bytes of x, of w     as words                 vpand, vpsrlw; vpsllw, 2 vpsraw
//   sum     += even . even + odd . odd                      2 vpmaddwd, 2 vpaddd
//
// Bound on Skylake-X: 7 instructions a group and token for 1 vpdpbusd, on two ports.

#include "spmv/lookup_words.h"
#include "spmv_kernels.h"

namespace {

struct Bw : LookupWords {
  SPBENCH_INLINE __m512i multiply_add(__m512i sum, __m512i x, __m512i weights) {
    const __m512i x_even = _mm512_and_si512(x, _mm512_set1_epi16(0xff));
    const __m512i x_odd = _mm512_srli_epi16(x, 8);
    const __m512i w_even = _mm512_srai_epi16(_mm512_slli_epi16(weights, 8), 8);
    const __m512i w_odd = _mm512_srai_epi16(weights, 8);
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(x_even, w_even));
    return _mm512_add_epi32(sum, _mm512_madd_epi16(x_odd, w_odd));
  }
};

}  // namespace

SPMV_DEFINE_KERNELS(Bw, avx512bw)
