#include "spmm/pack_weight.h"

#include <algorithm>

namespace {

int64_t blocks_a_group(const spmm_blocks& blocks) { return 4 / blocks.cols; }

// Four R x 1 blocks a group; the last group of a block row is filled up with zero weights on
// its last channel.
template <typename Channel>
void pack_columns(const spmm_blocks& blocks, const int64_t* group_begin, int8_t* weights,
                  Channel* channels) {
  const int rows = blocks.rows;
  for (int64_t i = 0; i < blocks.block_rows; ++i) {
    const int64_t begin = blocks.indptr[i], end = blocks.indptr[i + 1];
    for (int64_t slot = 0; slot < 4 * (group_begin[i + 1] - group_begin[i]); ++slot) {
      const int64_t block = std::min(begin + slot, end - 1);
      const bool is_padding = begin + slot >= end;
      const int64_t g = group_begin[i] + slot / 4, c = slot % 4;
      channels[4 * g + c] = static_cast<Channel>(blocks.indices[block]);
      for (int r = 0; r < rows; ++r) {
        weights[(rows * g + r) * 4 + c] = is_padding ? 0 : blocks.data[block * rows + r];
      }
    }
  }
}

// One R x 4 block a group. A block that begins fewer than four channels before K is moved back,
// so that its four lines exist, with zero weights on the channels that are not its own.
template <typename Channel>
void pack_quads(const spmm_blocks& blocks, const int64_t* group_begin, int8_t* weights,
                Channel* channels) {
  for (int64_t block = 0; block < group_begin[blocks.block_rows]; ++block) {
    const int64_t own = 4 * static_cast<int64_t>(blocks.indices[block]);
    const int64_t first = std::min(own, blocks.k - 4);
    channels[block] = static_cast<Channel>(first);
    for (int64_t row = blocks.rows * block; row < blocks.rows * (block + 1); ++row) {
      for (int64_t c = 0; c < 4; ++c) {
        const int64_t from = first + c - own;
        weights[4 * row + c] = from < 0 ? 0 : blocks.data[4 * row + from];
      }
    }
  }
}

template <typename Channel>
void pack(const spmm_blocks& blocks, const int64_t* group_begin, int8_t* weights,
          Channel* channels) {
  if (blocks.cols == 1) {
    pack_columns(blocks, group_begin, weights, channels);
  } else {
    pack_quads(blocks, group_begin, weights, channels);
  }
  const int64_t groups = group_begin[blocks.block_rows], each = blocks_a_group(blocks);
  std::fill_n(channels + groups * each, each, Channel{0});
}

}  // namespace

void spmm_count_groups(const spmm_blocks* blocks, int64_t* group_begin) {
  const int64_t each = blocks_a_group(*blocks);
  group_begin[0] = 0;
  for (int64_t i = 0; i < blocks->block_rows; ++i) {
    const int64_t count = blocks->indptr[i + 1] - blocks->indptr[i];
    group_begin[i + 1] = group_begin[i] + (count + each - 1) / each;
  }
}

void spmm_pack_weight(const spmm_blocks* blocks, const int64_t* group_begin, int8_t* weights,
                      void* channels, int wide) {
  if (wide) {
    pack(*blocks, group_begin, weights, static_cast<uint32_t*>(channels));
  } else {
    pack(*blocks, group_begin, weights, static_cast<uint16_t*>(channels));
  }
}
