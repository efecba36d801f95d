// What vector SpMV kernels share: the walk through a chunk, and its epilogue.
//
// A kernel defines, before it includes this file, how a group is added:
//
//   struct tile_x;                                      X's tile as the kernel holds it
//   struct tile_x load_tile(const uint8_t* x);
//   __m512i add_group(sum, channels, weights, tile_x)   lane r of sum: row r of the block row
#pragma once

// Block rows of `length` groups each. `length` is a constant where this is called.
static inline __attribute__((always_inline)) const uint8_t* add_rows(
    const struct spmv_args* args, const uint8_t* row, int rows, int length, int64_t* group,
    struct tile_x x, __m512i* sums) {
  const uint8_t* channels = args->channels + SPMV_GROUP * *group;
  const int8_t* weights = args->weights + 4 * SPMV_GROUP * *group;
  for (int i = 0; i < rows; ++i) {
    __m512i sum = sums[row[i]];
    for (int g = 0; g < length; ++g) {
      sum = add_group(sum, channels, weights, x);
      channels += SPMV_GROUP;
      weights += 4 * SPMV_GROUP;
    }
    sums[row[i]] = sum;
  }
  *group += (int64_t)rows * length;
  return row + rows;
}

static inline __attribute__((always_inline)) void add_tile(const struct spmv_args* args,
                                                           int64_t place, struct tile_x x,
                                                           __m512i* sums) {
  const uint8_t* counts = args->counts + SPMV_COUNTS * place;
  const uint8_t* row = args->order + SPMV_CHUNK_ROWS * place + counts[0];
  int64_t group = args->group_begin[place];
  // Constant lengths up to what 70 % sparsity needs are unrolled; longer ones loop.
  row = add_rows(args, row, counts[1], 1, &group, x, sums);
  row = add_rows(args, row, counts[2], 2, &group, x, sums);
  row = add_rows(args, row, counts[3], 3, &group, x, sums);
  row = add_rows(args, row, counts[4], 4, &group, x, sums);
  row = add_rows(args, row, counts[5], 5, &group, x, sums);
  row = add_rows(args, row, counts[6], 6, &group, x, sums);
  for (int length = 7; length <= SPMV_MOST_GROUPS; ++length) {
    row = add_rows(args, row, counts[length], length, &group, x, sums);
  }
}

// The four dwords of each lane added up: one dword a row, four rows of a block row.
static inline __attribute__((always_inline)) __m128i lane_sums(__m512i sum) {
  sum = _mm512_add_epi32(sum, _mm512_shuffle_epi32(sum, (_MM_PERM_ENUM)0x4e));
  sum = _mm512_add_epi32(sum, _mm512_shuffle_epi32(sum, (_MM_PERM_ENUM)0xb1));
  return _mm512_castsi512_si128(_mm512_maskz_compress_epi32(0x1111, sum));
}

static inline __attribute__((always_inline)) void store_chunk(const struct spmv_args* args,
                                                              int64_t chunk,
                                                              const __m512i* sums) {
  int64_t m = 4 * SPMV_CHUNK_ROWS * chunk;
  for (int i = 0; i < SPMV_CHUNK_ROWS && m < args->m; i += 4, m += 16) {
    __m512i elements = _mm512_castsi128_si512(lane_sums(sums[i]));
    elements = _mm512_inserti32x4(elements, lane_sums(sums[i + 1]), 1);
    elements = _mm512_inserti32x4(elements, lane_sums(sums[i + 2]), 2);
    elements = _mm512_inserti32x4(elements, lane_sums(sums[i + 3]), 3);
    store_elements(args, m, args->m - m < 16 ? (int)(args->m - m) : 16, elements);
  }
}

static inline __attribute__((always_inline)) void chunks(const struct spmv_args* args,
                                                         int64_t begin, int64_t end) {
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    __m512i sums[SPMV_CHUNK_ROWS];
    for (int i = 0; i < SPMV_CHUNK_ROWS; ++i) sums[i] = _mm512_setzero_si512();
    for (int64_t t = 0; t < args->tiles; ++t) {
      add_tile(args, chunk * args->tiles + t, load_tile(args->x + SPMV_TILE * t), sums);
    }
    store_chunk(args, chunk, sums);
  }
}
