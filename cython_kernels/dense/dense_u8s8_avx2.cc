// Y[M, w] = W[M, K] . X[K, w], W dense, AVX2: the loop, and the bounds, of 4x4 blocks
// (spmm/spmm_u8s8_4x4_avx2.cc), with one list of channels for all block rows.

#include "spmm/sweep_avx2.h"
#include "spmm_kernels.h"

void dense_u8s8_n64_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 0, 64, 4, 0, 1);
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 0, 64, 4, 1, 1);
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 0, 64, 4, 2, 1);
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 0, 64, 4, 3, 1);
}

void dense_u8s8_n32_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 0, 32, 4, 0, 1);
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 0, 32, 4, 1, 1);
}

void dense_u8s8_n16_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 0, 16, 4, 0, 1);
}
