// The loop that all vector kernels on floating point share (include/spmm_float.h).
//
// A block of R x 1 on a panel of w tokens has R x w sums, more than there may be registers.
// They are cut into tiles of `kRows` rows by `kRegisters` registers of tokens, and a tile
// walks the groups of its block row once:
//
//   R = 16, w = 64, a tile of 4 rows by 4 registers of 16 tokens:
//
//               tokens 0 .. 63
//   rows  0-3   tile 0            for each group g:
//         4-7   tile 1              x[j]      = the group's lines, kRegisters registers
//         8-11  tile 2              sum[r][j] += x[j] * broadcast(weights[r])
//        12-15  tile 3
//
// The lines come from L2; nothing has to fetch them ahead, because a core that has 300
// instructions in flight is ten groups ahead of its multiplications. Sums must stay in
// registers: every loop over them has a constant number of turns and no way out, and the one
// with conditions in it says that it is to be unrolled, or GCC keeps them on the stack.
//
// What differs between instruction sets is a type `Isa`:
//
//   Sum, Operand            registers of f32 sums; of x and weights
//   kLanes                  tokens in a register of sums
//   kChannels               channels in a group
//   zero(), add(a, b)
//   load<width, J>(x, channels, token, operand)   a group's lines, from a token on
//   weight(weights, index)                        one weight (or pair), in every lane
//   multiply_add(sum, operand, weight)
//   store<width, J>(args, m, token, sum)          epilogue and storing
#pragma once

#include <stdint.h>

#include "inline.h"
#include "spmm_float.h"

namespace {

// A tile of a block row. `kChains` sets of sums take groups in turn: where a set is small, a
// multiplication would wait for the one before it.
template <class Isa, class Channel, int kBlockRows, int kWidth, int kRows, int kRegisters,
          int kChains>
SPBENCH_INLINE void tile(const spmm_float_args* args, int64_t block_row, int row, int token) {
  typename Isa::Sum sum[kChains][kRows][kRegisters];
  for (int chain = 0; chain < kChains; ++chain) {
    for (int r = 0; r < kRows; ++r) {
      for (int j = 0; j < kRegisters; ++j) sum[chain][r][j] = Isa::zero();
    }
  }

  const Channel* channels = static_cast<const Channel*>(args->channels);
  auto add_group = [&](int64_t g, typename Isa::Sum(&into)[kRows][kRegisters])
      __attribute__((always_inline)) {
    typename Isa::Operand x[kRegisters];
    Isa::template load<kWidth, kRegisters>(args->x, channels + Isa::kChannels * g, token, x);
    for (int r = 0; r < kRows; ++r) {
      const typename Isa::Operand w = Isa::weight(args->weights, kBlockRows * g + row + r);
      for (int j = 0; j < kRegisters; ++j) into[r][j] = Isa::multiply_add(into[r][j], x[j], w);
    }
  };
  const int64_t end = args->group_begin[block_row + 1];
  int64_t g = args->group_begin[block_row];
  for (; g + kChains <= end; g += kChains) {
    for (int chain = 0; chain < kChains; ++chain) add_group(g + chain, sum[chain]);
  }
  for (; kChains > 1 && g < end; ++g) add_group(g, sum[0]);

  for (int chain = 1; chain < kChains; ++chain) {
    for (int r = 0; r < kRows; ++r) {
      for (int j = 0; j < kRegisters; ++j) {
        sum[0][r][j] = Isa::add(sum[0][r][j], sum[chain][r][j]);
      }
    }
  }
  const int64_t m = kBlockRows * block_row + row;
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
    if (m + r < args->m) Isa::template store<kWidth, kRegisters>(args, m + r, token, sum[0][r]);
  }
}

// The tiles of some rows from a token on; the last may be narrower.
template <class Isa, class Channel, int kBlockRows, int kWidth, int kRows, int kRegisters,
          int kChains, int kToken>
SPBENCH_INLINE void tiles_from(const spmm_float_args* args, int64_t block_row, int row) {
  constexpr int kLeft = (kWidth - kToken) / Isa::kLanes;
  constexpr int kNow = kLeft < kRegisters ? kLeft : kRegisters;
  tile<Isa, Channel, kBlockRows, kWidth, kRows, kNow, kChains>(args, block_row, row, kToken);
  if constexpr (kLeft > kNow) {
    tiles_from<Isa, Channel, kBlockRows, kWidth, kRows, kRegisters, kChains,
               kToken + kNow * Isa::kLanes>(args, block_row, row);
  }
}

template <class Isa, class Channel, int kBlockRows, int kWidth, int kRows, int kRegisters,
          int kChains>
SPBENCH_INLINE void tiles(const spmm_float_args* args, int64_t begin, int64_t end) {
  static_assert(kBlockRows % kRows == 0 && kWidth % Isa::kLanes == 0);
  for (int64_t i = begin; i < end; ++i) {
    for (int row = 0; row < kBlockRows; row += kRows) {
      tiles_from<Isa, Channel, kBlockRows, kWidth, kRows, kRegisters, kChains, 0>(args, i, row);
    }
  }
}

// A kernel: all tiles of block rows begin .. end - 1.
template <class Isa, int kBlockRows, int kWidth, int kRows, int kRegisters, int kChains = 1>
SPBENCH_INLINE void block_rows(const spmm_float_args* args, int64_t begin, int64_t end) {
  if (args->channels_are_wide) {
    tiles<Isa, uint32_t, kBlockRows, kWidth, kRows, kRegisters, kChains>(args, begin, end);
  } else {
    tiles<Isa, uint16_t, kBlockRows, kWidth, kRows, kRegisters, kChains>(args, begin, end);
  }
}

}  // namespace
