// Y[M, w] = W[M, K] . X[K, w] for 4x1 blocks in bf16, AVX512_BF16; w = 64, 32, 16.
//
// Operands: X bf16, one panel of w tokens (include/panels_bf16.h); W bf16, groups of two
// channels (include/spmm_float.h); sums f32; Y f32 or bf16 in lines of w tokens.
//
// One group: two lines are interleaved in registers once and used by four rows (block_rows.h):
//
//                                                      w = 64         32          16
//   line a, b  X[channel][..]                   loads   4              2           2, of 32 bytes
//   x[j]       dword = one token's 2 channels  unpacks  4              2           1 vpermt2w
//   w          weights[r], a pair               loads   4              4           4
//   sum[r][j] += x[j] . w                 vdpbf16ps    16              8           4
//
//   registers: 16 sums + 4 x + 2 lines + 1 w = 23 of 32; w = 16 takes two groups in turn
//
//   instruction                latency, per cycle     Zen 4                 Cooper Lake
//   vdpbf16ps zmm                                     6, 1 (FP0 FP1)        6, 1 (p0; half on p5)
//   vpunpck*wd zmm                                    1, 1 (FP1 FP2)        1, 1 (p5)
//   vpermt2w zmm                                      5, 1 (FP1 FP2)        7, 1/2 (p5)
//   vpbroadcastd zmm, m32                             load, 2               load, 2
//
// Bound: 16 vdpbf16ps in 16 cycles at w = 64, where the unpacks fit beside them on FP2; as
// they are handed to FP1 as often as to FP2, up to 18. At w = 16 likewise 4 to 5 cycles. Lines
// come from L2: 256 bytes in 16 cycles, half of what L2 gives.
//
// vdpbf16ps takes denormals as zero and rounds its two products one after another; neither is
// more than f32 sums are in any case.

#include "spmm_float/bf16_avx512.h"
#include "spmm_float_kernels.h"

void spmm_bf16_4x1_n64_avx512bf16(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<Bf16Avx512, 4, 64, 4, 4>(args, begin, end);
}

void spmm_bf16_4x1_n32_avx512bf16(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<Bf16Avx512, 4, 32, 4, 2>(args, begin, end);
}

void spmm_bf16_4x1_n16_avx512bf16(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<Bf16Avx512, 4, 16, 4, 1, 2>(args, begin, end);
}
