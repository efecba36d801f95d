// Y[M, w] = W[M, K] . X[K, w] for 16x4 blocks, AVX2.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx2.h.
//
// As 4x1, in parts of four rows by 16 tokens: 16 sweeps over a panel of 64. Bounds: as 4x1, 4 times.
//
// One channel number serves 64 weights.

#include "spmm/sweep_avx2.h"
#include "spmm_kernels.h"

void spmm_u8s8_16x4_n64_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  for (int row = 0; row < 16; row += 4) {
    SPBENCH_SWEEP(WordProduct, args, begin, end, row, 16, 4, 64, 4, 0, 1);
    SPBENCH_SWEEP(WordProduct, args, begin, end, row, 16, 4, 64, 4, 1, 1);
    SPBENCH_SWEEP(WordProduct, args, begin, end, row, 16, 4, 64, 4, 2, 1);
    SPBENCH_SWEEP(WordProduct, args, begin, end, row, 16, 4, 64, 4, 3, 1);
  }
}

void spmm_u8s8_16x4_n32_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  for (int row = 0; row < 16; row += 4) {
    SPBENCH_SWEEP(WordProduct, args, begin, end, row, 16, 4, 32, 4, 0, 1);
    SPBENCH_SWEEP(WordProduct, args, begin, end, row, 16, 4, 32, 4, 1, 1);
  }
}

void spmm_u8s8_16x4_n16_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  for (int row = 0; row < 16; row += 4) {
    SPBENCH_SWEEP(WordProduct, args, begin, end, row, 16, 4, 16, 4, 0, 1);
  }
}
