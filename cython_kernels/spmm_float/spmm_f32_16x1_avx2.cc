// Y[M, w] = W[M, K] . X[K, w] for 16x1 blocks in f32, AVX2 and FMA; w = 64, 32, 16.
//
// As spmm_f32_4x1_avx2.cc, 16 rows to a channel: four times its tiles to a block row. Bound: the
// FMAs, 2 a cycle.

#include "spmm_float/f32_avx2.h"
#include "spmm_float_kernels.h"

void spmm_f32_16x1_n64_avx2(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx2, 16, 64, 4, 3>(args, begin, end);
}

void spmm_f32_16x1_n32_avx2(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx2, 16, 32, 4, 2>(args, begin, end);
}

void spmm_f32_16x1_n16_avx2(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx2, 16, 16, 4, 2>(args, begin, end);
}
