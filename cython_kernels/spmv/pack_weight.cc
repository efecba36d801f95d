#include "spmv/pack_weight.h"

#include <algorithm>
#include <cstring>

#include "spmv.h"

namespace {

// The blocks of a block row that lie in a tile.
struct Span {
  int64_t first, last;
  int64_t blocks() const { return last - first; }
  int64_t groups() const { return (blocks() + 3) / 4; }
};

struct Blocks {
  const int64_t* indptr;
  const int32_t* indices;
  int64_t block_rows;

  // None for block rows that the last chunk lacks.
  Span in_tile(int64_t row, int64_t tile) const {
    if (row >= block_rows) return {0, 0};
    const int32_t* begin = indices + indptr[row];
    const int32_t* end = indices + indptr[row + 1];
    const int32_t* first = std::lower_bound(begin, end, SPMV_TILE * tile);
    const int32_t* last = std::lower_bound(first, end, SPMV_TILE * (tile + 1));
    return {first - indices, last - indices};
  }
};

// Block row i of a slice. channels and weights are the slice's; weights are zero beforehand.
void pack_block_row(Span span, const int32_t* indices, const int8_t* data, int rows,
                    int64_t groups, int64_t i, uint8_t* channels, int8_t* weights) {
  for (int64_t place = 0; place < 4 * groups; ++place) {
    const int64_t group = place / 4, c = place % 4;
    // Padding repeats the last channel, so that it lies on the same side of 128.
    const int64_t block = std::min(span.first + place, span.last - 1);
    uint8_t* channel = channels + spmv_channels_at(groups, group, i) + c;
    *channel = span.blocks() ? static_cast<uint8_t>(indices[block] % SPMV_TILE) : 0;
    if (place >= span.blocks()) continue;
    for (int r = 0; r < rows; ++r) {
      weights[rows * SPMV_GROUP * group + SPMV_LINE * (r / 4) + 16 * i + 4 * (r % 4) + c] =
          data[rows * block + r];
    }
  }
}

}  // namespace

void spmv_count_groups(const int64_t* indptr, const int32_t* indices, int64_t block_rows,
                       int64_t tiles, uint8_t* order, uint8_t* groups, int64_t* group_begin) {
  const Blocks blocks = {indptr, indices, block_rows};
  group_begin[0] = 0;
  int64_t place = 0;
  for (int64_t first = 0; first < block_rows; first += SPMV_CHUNK_ROWS) {
    for (int64_t tile = 0; tile < tiles; ++tile, ++place) {
      int64_t lengths[SPMV_CHUNK_ROWS];
      uint8_t* rows = order + SPMV_CHUNK_ROWS * place;
      for (int i = 0; i < SPMV_CHUNK_ROWS; ++i) {
        lengths[i] = blocks.in_tile(first + i, tile).groups();
        rows[i] = static_cast<uint8_t>(i);
      }
      std::stable_sort(rows, rows + SPMV_CHUNK_ROWS,
                       [&](uint8_t a, uint8_t b) { return lengths[a] < lengths[b]; });
      group_begin[place + 1] = group_begin[place];
      for (int slice = 0; slice < SPMV_SLICES; ++slice) {
        const int64_t longest = lengths[rows[SPMV_SLICE_ROWS * (slice + 1) - 1]];
        groups[SPMV_SLICES * place + slice] = static_cast<uint8_t>(longest);
        group_begin[place + 1] += longest;
      }
    }
  }
}

void spmv_pack_weight(const int64_t* indptr, const int32_t* indices, const int8_t* data,
                      int64_t block_rows, int rows, int64_t tiles, const uint8_t* order,
                      const uint8_t* groups, const int64_t* group_begin, uint8_t* channels,
                      int8_t* weights) {
  const Blocks blocks = {indptr, indices, block_rows};
  const int64_t chunks = (block_rows + SPMV_CHUNK_ROWS - 1) / SPMV_CHUNK_ROWS;
  std::memset(channels + SPMV_GROUP * group_begin[chunks * tiles], 0, SPMV_SLACK);
  std::memset(weights, 0, rows * SPMV_GROUP * group_begin[chunks * tiles]);
  for (int64_t place = 0; place < chunks * tiles; ++place) {
    const int64_t first = place / tiles * SPMV_CHUNK_ROWS, tile = place % tiles;
    int64_t begin = group_begin[place];
    for (int slice = 0; slice < SPMV_SLICES; ++slice) {
      const int64_t length = groups[SPMV_SLICES * place + slice];
      for (int i = 0; i < SPMV_SLICE_ROWS; ++i) {
        const int64_t row = first + order[SPMV_CHUNK_ROWS * place + SPMV_SLICE_ROWS * slice + i];
        pack_block_row(blocks.in_tile(row, tile), indices, data, rows, length, i,
                       channels + SPMV_GROUP * begin, weights + rows * SPMV_GROUP * begin);
      }
      begin += length;
    }
  }
}
