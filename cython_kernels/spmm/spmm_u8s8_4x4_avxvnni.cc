// Y[M, w] = W[M, K] . X[K, w] for 4x4 blocks, AVX-VNNI on 256 bits.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avxvnni.h.
//
// Four rows by 16 tokens: 8 sums; a panel of 64 is swept four times.
//
//   width  a group costs                                       Alder Lake (P core), bound
//   n64   4 x (8 vpdpbusd, 6 unpacks)                           16 to 18 cycles, two products a cycle
//   n32   2 x (8 vpdpbusd, 6 unpacks)                           8 to 9 cycles
//   n16   8 vpdpbusd, 8 shuffles                                4 to 5 cycles
//
// One channel number serves 16 weights.

#include "spmm/sweep_avxvnni.h"
#include "spmm_kernels.h"

void spmm_u8s8_4x4_n64_avxvnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(ByteProduct, args, begin, end, 0, 4, 4, 64, 4, 0, 1);
  SPBENCH_SWEEP(ByteProduct, args, begin, end, 0, 4, 4, 64, 4, 1, 1);
  SPBENCH_SWEEP(ByteProduct, args, begin, end, 0, 4, 4, 64, 4, 2, 1);
  SPBENCH_SWEEP(ByteProduct, args, begin, end, 0, 4, 4, 64, 4, 3, 1);
}

void spmm_u8s8_4x4_n32_avxvnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(ByteProduct, args, begin, end, 0, 4, 4, 32, 4, 0, 1);
  SPBENCH_SWEEP(ByteProduct, args, begin, end, 0, 4, 4, 32, 4, 1, 1);
}

void spmm_u8s8_4x4_n16_avxvnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(ByteProduct, args, begin, end, 0, 4, 4, 16, 4, 0, 1);
}
