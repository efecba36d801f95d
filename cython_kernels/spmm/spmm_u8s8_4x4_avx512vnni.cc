// Y[M, w] = W[M, K] . X[K, w] for 4x4 blocks, AVX-512 VNNI.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx512vnni.h.
//
// As 4x1, four rows by four registers; the four channels of a group are neighbours, so that one
// number names them and their lines lie together.
//
//   width  a group costs                                Zen 4, bound
//   n64, n80, n32, n16: as 4x1, with a quarter of the index bytes and no padding

#include "spmm/sweep_avx512vnni.h"
#include "spmm_kernels.h"

void spmm_u8s8_4x4_n64_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 4, 64, 0, 4, 0, 4);
}

void spmm_u8s8_4x4_n32_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 4, 32, 0, 4, 0, 2);
}

void spmm_u8s8_4x4_n16_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 4, 16, 0, 4, 0, 1);
}

void spmm_u8s8_4x4_n80_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP_N80(args, begin, end, 4, 4);
}
