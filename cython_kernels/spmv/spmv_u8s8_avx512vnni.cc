// Y[N, M] = X[N, K] . W[M, K]^T for R x 1 blocks and a few tokens, AVX-512 VNNI without VBMI.
//
// As spmv_u8s8_avx512vbmi.cc, but X is looked up in words (spmv/lookup_words.h).
//
// Bound: 14 instructions a lookup of four groups; on Cascade Lake p5 has 8 of them and a vpshufd
// a group, 3 cycles a group and token.

#include "spmv/lookup_words.h"
#include "spmv_kernels.h"

namespace {

struct Vnni : LookupWords {
  SPBENCH_INLINE __m512i multiply_add(__m512i sum, __m512i x, __m512i weights) {
    return _mm512_dpbusd_epi32(sum, x, weights);
  }
};

}  // namespace

SPMV_DEFINE_KERNELS(Vnni, avx512vnni)
