// Y[M, w] = W[M, K] . X[K, w], W dense, AVX-512 BW, without VNNI: the loop, and the bounds, of 4x4 blocks
// (spmm/spmm_u8s8_4x4_avx512bw.cc), with one list of channels for all block rows.

#include "spmm/sweep_avx512bw.h"
#include "spmm_kernels.h"

void dense_u8s8_n64_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 0, 64, 0, 4, 0, 4);
}

void dense_u8s8_n32_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 0, 32, 0, 4, 0, 2);
}

void dense_u8s8_n16_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 0, 16, 0, 4, 0, 1);
}
