// Y[M, w] = W[M, K] . X[K, w] for 4x4 blocks, in plain C++: runs on any CPU. The loop, and its bound:
// spmm/sweep_scalar.h.

#include "spmm/sweep_scalar.h"
#include "spmm_kernels.h"

void spmm_u8s8_4x4_n64_scalar(const spmm_args* args, int64_t begin, int64_t end) {
  sweep<4, 4, 64>(*args, begin, end);
}

void spmm_u8s8_4x4_n32_scalar(const spmm_args* args, int64_t begin, int64_t end) {
  sweep<4, 4, 32>(*args, begin, end);
}

void spmm_u8s8_4x4_n16_scalar(const spmm_args* args, int64_t begin, int64_t end) {
  sweep<4, 4, 16>(*args, begin, end);
}
