// Y[M, w] = W[M, K] . X[K, w] for 1x4 blocks, AVX-VNNI on 256 bits.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avxvnni.h.
//
// One row by 32 tokens: nothing shares the interleave, whose shuffles are the bound.
//
//   width  a group costs                                       Alder Lake (P core), bound
//   n64   2 x (4 vpdpbusd, 8 unpacks)                           8 cycles, one unpack a cycle left
//   n32   4 vpdpbusd, 8 unpacks                                 4 cycles
//   n16   2 vpdpbusd, 8 shuffles                                4 to 5 cycles
//
// One channel number serves 4 weights.

#include "spmm/sweep_avxvnni.h"
#include "spmm_kernels.h"

void spmm_u8s8_1x4_n64_avxvnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(ByteProduct, args, begin, end, 0, 1, 4, 64, 1, 0, 2);
  SPBENCH_SWEEP(ByteProduct, args, begin, end, 0, 1, 4, 64, 1, 2, 2);
}

void spmm_u8s8_1x4_n32_avxvnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(ByteProduct, args, begin, end, 0, 1, 4, 32, 1, 0, 2);
}

void spmm_u8s8_1x4_n16_avxvnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(ByteProduct, args, begin, end, 0, 1, 4, 16, 1, 0, 1);
}
