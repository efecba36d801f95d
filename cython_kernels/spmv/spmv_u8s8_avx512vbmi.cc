// Y[N, M] = X[N, K] . W[M, K]^T for R x 1 blocks and a few tokens, AVX-512 VNNI with VBMI.
//
// Operands as in include/spmv.h. X's tile of 256 channels is a table in four registers. For
// four groups, that is four channels four times for each of four block rows, and each token:
//
//   x        X of 64 channels: those below 128              vpermi2b on two registers
//            the others                                     vpermi2b on the other two
//            chosen by the channel's top bit                vpmovb2m, vblendmb
//   then for each group g, in which lane i is block row i:
//   spread   x's dword g of a lane in all of its dwords     vpshufd
//   sum     += spread . weights (dword r: row r)            vpdpbusd, 64 bytes loaded
//
// so a lookup serves 64 channels, and four rows share a channel by vpshufd. After the groups of
// a slice the four lanes of its sum are added to their block rows' sums in L1.
//
//   instruction            latency, per cycle    Zen 4                  Ice Lake
//   vpermi2b zmm                                 5, 1 (FP1 FP2)         3, 1/2 (p5, two uops more)
//   vpmovb2m                                     3, 1                   3, 1 (p0)
//   vblendmb zmm                                 1, 2                   1, 2 (p05)
//   vpshufd zmm                                  1, 1.5 (three pipes)   1, 1 (p5)
//   vpdpbusd zmm, m512                           4, 1 (FP0 FP1)         5, 1
//   vshufi32x4, vextracti32x4                    4, 1 (FP1 FP2)         3, 1 (p5)
//
// Bound at one token: 80 bytes of W for 64 weights, from wherever W lies: 1 / 3.1 cycles a group
// from L3 on Zen 4. Dense int8 reads 64 bytes for 64 weights, of which 1 - s are left here. At
// four tokens: the instructions, of which a token has 1 vpdpbusd and 1 vpshufd a group, together
// 1 cycle, 1/4 of a lookup, and 2 shuffles and an addition a slice.

#include "spmv/line_avx512.h"
#include "spmv_kernels.h"

namespace {

struct Vbmi : LineAvx512 {
  struct Table {
    __m512i part[4];
  };

  SPBENCH_INLINE Table table(const uint8_t* x) {
    return {{_mm512_loadu_si512(x), _mm512_loadu_si512(x + 64), _mm512_loadu_si512(x + 128),
             _mm512_loadu_si512(x + 192)}};
  }

  SPBENCH_INLINE __m512i low(const Table& table, __m512i channels) {
    return _mm512_permutex2var_epi8(table.part[0], channels, table.part[1]);
  }

  SPBENCH_INLINE __m512i high(const Table& table, __m512i channels) {
    return _mm512_permutex2var_epi8(table.part[2], channels, table.part[3]);
  }

  // Channels ascend, so most lines lie wholly below or above channel 128. With several tokens
  // to spare work for, that is worth a branch (0.87 of the time at four tokens on Zen 4); with
  // one it is not.
  template <int kGroups, int kTokens>
  SPBENCH_INLINE void look_up(const Table* tables, const uint8_t* line, __m512i* x) {
    const __m512i channels = load_channels<kGroups>(line);
    const __mmask64 is_high = _mm512_movepi8_mask(channels);
    if (kTokens > 1 && is_high == 0) {
      for (int t = 0; t < kTokens; ++t) x[t] = low(tables[t], channels);
    } else if (kTokens > 1 && ~is_high == 0) {
      for (int t = 0; t < kTokens; ++t) x[t] = high(tables[t], channels);
    } else {
      for (int t = 0; t < kTokens; ++t) {
        x[t] = _mm512_mask_blend_epi8(is_high, low(tables[t], channels),
                                      high(tables[t], channels));
      }
    }
  }

  SPBENCH_INLINE __m512i multiply_add(__m512i sum, __m512i x, __m512i weights) {
    return _mm512_dpbusd_epi32(sum, x, weights);
  }
};

}  // namespace

SPMV_DEFINE_KERNELS(Vbmi, avx512vbmi)
