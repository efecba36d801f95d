// Y[M, w] = W[M, K] . X[K, w] for 4x1 blocks in f32, in plain C++ (scalar.h).

#include "spmm_float/scalar.h"
#include "spmm_float_kernels.h"

void spmm_f32_4x1_n64_scalar(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32, 4, 64>(args, begin, end);
}

void spmm_f32_4x1_n32_scalar(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32, 4, 32>(args, begin, end);
}

void spmm_f32_4x1_n16_scalar(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32, 4, 16>(args, begin, end);
}
