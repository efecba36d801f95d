// How vector kernels read packed weights (include/spmm.h).
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "spmm.h"

// Input channel of slot `slot` (four a group). `are_wide` is a constant where it is called.
static inline __attribute__((always_inline)) uint64_t channel_of(const struct spmm_args* args,
                                                                 int64_t slot, int are_wide) {
  return are_wide ? ((const uint32_t*)args->channels)[slot]
                  : ((const uint16_t*)args->channels)[slot];
}

// The four weights of row `row` in group `group`, in every lane. One load: vpbroadcastd.
static inline __attribute__((always_inline)) __m512i weights_of(const struct spmm_args* args,
                                                                int64_t group, int rows,
                                                                int row) {
  int32_t dword;
  memcpy(&dword, args->weights + 4 * (rows * group + row), sizeof dword);
  return _mm512_set1_epi32(dword);
}
