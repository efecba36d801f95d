// Y[M, w] = W[M, K] . X[K, w], W dense, in plain C++: runs on any CPU. The loop, and its bound:
// spmm/sweep_scalar.h.

#include "spmm/sweep_scalar.h"
#include "spmm_kernels.h"

void dense_u8s8_n64_scalar(const spmm_args* args, int64_t begin, int64_t end) {
  sweep<4, 0, 64>(*args, begin, end);
}

void dense_u8s8_n32_scalar(const spmm_args* args, int64_t begin, int64_t end) {
  sweep<4, 0, 32>(*args, begin, end);
}

void dense_u8s8_n16_scalar(const spmm_args* args, int64_t begin, int64_t end) {
  sweep<4, 0, 16>(*args, begin, end);
}
