// Y[M, w] = W[M, K] . X[K, w], W dense, AVX-512 VNNI: what the layouts of the sparse kernels cost when
// nothing is skipped, and what a model's dense layers run on.
//
// A dense matrix is one block of 4 x K to a block row: the loop is that of 4x4 blocks
// (spmm/sweep_avx512vnni.h), the channel numbers of its groups are one short list for all rows.
//
//   width  a group costs                                Zen 4, bound
//   n64   16 vpdpbusd, 8 unpacks on the other pipes     16 cycles: the peak
//   n80   n64 and n16 in one pass                       21 cycles: 0.95 of the peak
//   n32   8 vpdpbusd, 4 shuffles                        8.9 cycles: 0.90 of the peak; 0.87 measured
//   n16   4 vpdpbusd, 5 shuffles                        5.3 cycles: 0.75 of the peak
//
// A library that interleaves X beforehand (oneDNN's brgemm) spares the unpacks, not time, as long as
// they find a pipe of their own.

#include "spmm/sweep_avx512vnni.h"
#include "spmm_kernels.h"

void dense_u8s8_n64_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 0, 64, 0, 4, 0, 4);
}

void dense_u8s8_n32_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 0, 32, 0, 4, 0, 2);
}

void dense_u8s8_n16_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 0, 16, 0, 4, 0, 1);
}

void dense_u8s8_n80_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP_N80(args, begin, end, 4, 0);
}
