// What the vector SpMV kernels share: the walk through chunks, tiles, slices and groups.
//
// An ISA is a struct of static functions; a Line is 64 bytes in registers:
//
//   Line, Table                              Table: a token's tile of X, ready for lookups
//   Table table(x)
//   void look_up<kGroups, kTokens>(tables, channels, x)
//                                            x[t]: token t's X of a line of kGroups groups, as
//                                            the line lies in memory but four dwords a lane
//   Line group<g>(x)                         dword g of each lane in all four dwords of the lane
//   Line multiply_add(sum, x, w)             sums of four products u8 x s8 added to each dword
//   void add_lanes<kTokens>(sums, rows)      lane i of token t's sum added to rows[i][t]
//   void store(args, token, m, count, sums, stride)
//                                            the epilogue of `count` neighbouring elements, four
//                                            at a time `stride` s32 apart
//
// Templates of a struct in an unnamed namespace stay inside their file, as they must
// (tests/kernels/test_objects.py).
#pragma once

#include <stdint.h>
#include <string.h>

#include "inline.h"
#include "spmv.h"

namespace {

constexpr int64_t kMostTokens = 4;  // of a pass

// Group g of a line of channels. The weights are loaded once for all tokens.
template <class Isa, int kLines, int kTokens, int kGroup>
SPBENCH_INLINE void add_group(const typename Isa::Line* x, const int8_t* weights,
                              typename Isa::Line sums[][kTokens]) {
  typename Isa::Line spread[kTokens];
  for (int t = 0; t < kTokens; ++t) spread[t] = Isa::template group<kGroup>(x[t]);
  for (int h = 0; h < kLines; ++h) {
    const typename Isa::Line line = Isa::load(weights + SPMV_LINE * (kLines * kGroup + h));
    for (int t = 0; t < kTokens; ++t) {
      sums[h][t] = Isa::multiply_add(sums[h][t], spread[t], line);
    }
  }
}

// The 1 to 4 groups whose channels are one line.
template <class Isa, int kLines, int kTokens, int kGroups>
SPBENCH_INLINE void add_groups(const uint8_t* channels, const int8_t* weights,
                               const typename Isa::Table* tables,
                               typename Isa::Line sums[][kTokens]) {
  typename Isa::Line x[kTokens];
  Isa::template look_up<kGroups, kTokens>(tables, channels, x);
  add_group<Isa, kLines, kTokens, 0>(x, weights, sums);
  if constexpr (kGroups > 1) add_group<Isa, kLines, kTokens, 1>(x, weights, sums);
  if constexpr (kGroups > 2) add_group<Isa, kLines, kTokens, 2>(x, weights, sums);
  if constexpr (kGroups > 3) add_group<Isa, kLines, kTokens, 3>(x, weights, sums);
}

// Slices stand in ascending order of their groups, so branch prediction learns the loop's
// length and the remainder.
template <class Isa, int kLines, int kTokens>
SPBENCH_INLINE void add_slice(int groups, const uint8_t* channels, const int8_t* weights,
                              const typename Isa::Table* tables,
                              typename Isa::Line sums[][kTokens]) {
  for (int line = groups / 4; line > 0; --line) {
    add_groups<Isa, kLines, kTokens, 4>(channels, weights, tables, sums);
    channels += 4 * SPMV_GROUP;
    weights += 4 * kLines * SPMV_LINE;
  }
  switch (groups % 4) {
    case 1: add_groups<Isa, kLines, kTokens, 1>(channels, weights, tables, sums); break;
    case 2: add_groups<Isa, kLines, kTokens, 2>(channels, weights, tables, sums); break;
    case 3: add_groups<Isa, kLines, kTokens, 3>(channels, weights, tables, sums); break;
  }
}

// One chunk for kTokens tokens from `token` on. Sums of the chunk lie in L1, by block row and,
// in it, by token; a slice's are made in registers and added to them.
template <class Isa, int kLines, int kTokens>
__attribute__((noinline)) void multiply_chunk(const spmv_args* args, int64_t chunk,
                                              int64_t token) {
  constexpr int kSlots = kTokens == 3 ? 4 : kTokens;  // so that they are one register
  alignas(64) int32_t sums[SPMV_CHUNK_ROWS][kLines][kSlots][4];
  memset(sums, 0, sizeof sums);
  for (int64_t tile = 0; tile < args->tiles; ++tile) {
    const int64_t place = chunk * args->tiles + tile;
    const uint8_t* row = args->order + SPMV_CHUNK_ROWS * place;
    const uint8_t* channels = args->channels + SPMV_GROUP * args->group_begin[place];
    const int8_t* weights = args->weights + kLines * SPMV_LINE * args->group_begin[place];
    typename Isa::Table tables[kTokens];
    for (int t = 0; t < kTokens; ++t) {
      tables[t] = Isa::table(args->x + SPMV_TILE * ((token + t) * args->tiles + tile));
    }
    for (int slice = 0; slice < SPMV_SLICES; ++slice, row += SPMV_SLICE_ROWS) {
      const int groups = args->groups[SPMV_SLICES * place + slice];
      typename Isa::Line slice_sums[kLines][kTokens] = {};
      add_slice<Isa, kLines, kTokens>(groups, channels, weights, tables, slice_sums);
      channels += SPMV_GROUP * groups;
      weights += kLines * SPMV_LINE * groups;
      for (int h = 0; h < kLines; ++h) {
        int32_t(*const rows[])[4] = {sums[row[0]][h], sums[row[1]][h], sums[row[2]][h],
                                     sums[row[3]][h]};
        Isa::template add_lanes<kTokens>(slice_sums[h], rows);
      }
    }
  }
  const int64_t first = 4 * kLines * SPMV_CHUNK_ROWS * chunk;
  const int64_t rows = 4 * kLines * SPMV_CHUNK_ROWS;
  const int64_t held = args->m - first < rows ? args->m - first : rows;
  for (int t = 0; t < kTokens; ++t) {
    Isa::store(args, token + t, first, held, sums[0][0][t], 4 * kSlots);
  }
}

// Tokens go in passes of up to four, about equally many in each: a chunk's weights are in L2
// after the first. Four tokens of 16 rows have more sums and tables than registers, and are
// still faster than twice two (0.77 of the time on Zen 4).
template <class Isa, int kLines>
SPBENCH_INLINE void multiply(const spmv_args* args, int64_t chunk_begin, int64_t chunk_end) {
  for (int64_t chunk = chunk_begin; chunk < chunk_end; ++chunk) {
    int64_t token = 0;
    for (int64_t passes = (args->tokens + kMostTokens - 1) / kMostTokens; passes > 0; --passes) {
      const int64_t tokens = (args->tokens - token + passes - 1) / passes;
      if (tokens == 1) multiply_chunk<Isa, kLines, 1>(args, chunk, token);
      if (tokens == 2) multiply_chunk<Isa, kLines, 2>(args, chunk, token);
      if (tokens == 3) multiply_chunk<Isa, kLines, 3>(args, chunk, token);
      if (tokens == 4) multiply_chunk<Isa, kLines, 4>(args, chunk, token);
      token += tokens;
    }
  }
}

}  // namespace

// The kernels of an ISA.
#define SPMV_DEFINE_KERNELS(Isa, isa)                                                   \
  void spmv_u8s8_4x1_##isa(const spmv_args* args, int64_t begin, int64_t end) {         \
    multiply<Isa, 1>(args, begin, end);                                                 \
  }                                                                                     \
  void spmv_u8s8_8x1_##isa(const spmv_args* args, int64_t begin, int64_t end) {         \
    multiply<Isa, 2>(args, begin, end);                                                 \
  }                                                                                     \
  void spmv_u8s8_16x1_##isa(const spmv_args* args, int64_t begin, int64_t end) {        \
    multiply<Isa, 4>(args, begin, end);                                                 \
  }
