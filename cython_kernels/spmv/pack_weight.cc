#include "spmv/pack_weight.h"

#include <algorithm>
#include <cstring>

#include "spmv.h"

namespace {

// The blocks of a block row that lie in a tile.
struct Span {
  int64_t first, last;
  int64_t blocks() const { return last - first; }
  int64_t groups() const { return (blocks() + SPMV_GROUP - 1) / SPMV_GROUP; }
};

Span blocks_in_tile(const int64_t* indptr, const int32_t* indices, int64_t row, int64_t tile) {
  const int32_t* begin = indices + indptr[row];
  const int32_t* end = indices + indptr[row + 1];
  const int32_t* first = std::lower_bound(begin, end, SPMV_TILE * tile);
  const int32_t* last = std::lower_bound(first, end, SPMV_TILE * (tile + 1));
  return {first - indices, last - indices};
}

void pack_row(Span span, const int32_t* indices, const int8_t* data, uint8_t* channels,
              int8_t* weights) {
  std::memset(channels, 0, SPMV_GROUP * span.groups());
  std::memset(weights, 0, 4 * SPMV_GROUP * span.groups());
  for (int64_t i = 0; i < span.blocks(); ++i) {
    const int64_t block = span.first + i, group = i / SPMV_GROUP, place = i % SPMV_GROUP;
    channels[i] = static_cast<uint8_t>(indices[block] % SPMV_TILE);
    for (int r = 0; r < 4; ++r) {
      weights[(4 * group + r) * SPMV_GROUP + place] = data[4 * block + r];
    }
  }
}

}  // namespace

void spmv_count_groups(const int64_t* indptr, const int32_t* indices, int64_t block_rows,
                       int64_t tiles, uint8_t* counts, uint8_t* order, int64_t* group_begin) {
  group_begin[0] = 0;
  int64_t place = 0;
  for (int64_t first = 0; first < block_rows; first += SPMV_CHUNK_ROWS) {
    const int64_t rows = std::min<int64_t>(SPMV_CHUNK_ROWS, block_rows - first);
    for (int64_t tile = 0; tile < tiles; ++tile, ++place) {
      int64_t lengths[SPMV_CHUNK_ROWS], total = 0;
      uint8_t* count = counts + SPMV_COUNTS * place;
      uint8_t* rows_in_order = order + SPMV_CHUNK_ROWS * place;
      std::memset(count, 0, SPMV_COUNTS);
      std::memset(rows_in_order, 0, SPMV_CHUNK_ROWS);
      for (int64_t i = 0; i < rows; ++i) {
        lengths[i] = blocks_in_tile(indptr, indices, first + i, tile).groups();
        rows_in_order[i] = static_cast<uint8_t>(i);
        ++count[lengths[i]];
        total += lengths[i];
      }
      std::stable_sort(rows_in_order, rows_in_order + rows,
                       [&](uint8_t a, uint8_t b) { return lengths[a] < lengths[b]; });
      group_begin[place + 1] = group_begin[place] + total;
    }
  }
}

void spmv_pack_weight(const int64_t* indptr, const int32_t* indices, const int8_t* data,
                      int64_t block_rows, int64_t tiles, const uint8_t* counts,
                      const uint8_t* order, const int64_t* group_begin, uint8_t* channels,
                      int8_t* weights) {
  int64_t place = 0;
  for (int64_t first = 0; first < block_rows; first += SPMV_CHUNK_ROWS) {
    const int64_t rows = std::min<int64_t>(SPMV_CHUNK_ROWS, block_rows - first);
    for (int64_t tile = 0; tile < tiles; ++tile, ++place) {
      int64_t group = group_begin[place];
      for (int64_t i = counts[SPMV_COUNTS * place]; i < rows; ++i) {
        const int64_t row = first + order[SPMV_CHUNK_ROWS * place + i];
        const Span span = blocks_in_tile(indptr, indices, row, tile);
        pack_row(span, indices, data, channels + SPMV_GROUP * group,
                 weights + 4 * SPMV_GROUP * group);
        group += span.groups();
      }
    }
  }
}
