// Y[M, w] = W[M, K] . X[K, w] for 4x1 blocks in bf16, in plain C++ (scalar.h).

#include "spmm_float/scalar.h"
#include "spmm_float_kernels.h"

void spmm_bf16_4x1_n64_scalar(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<Bf16, 4, 64>(args, begin, end);
}

void spmm_bf16_4x1_n32_scalar(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<Bf16, 4, 32>(args, begin, end);
}

void spmm_bf16_4x1_n16_scalar(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<Bf16, 4, 16>(args, begin, end);
}
