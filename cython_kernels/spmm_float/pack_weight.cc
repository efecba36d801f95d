#include "spmm_float/pack_weight.h"

#include "spmm_float/epilogue.h"

int spmm_float_group_channels(spmm_float_type type) { return type == SPMM_FLOAT_BF16 ? 2 : 1; }

void spmm_float_count_groups(spmm_float_type type, const int64_t* indptr, int64_t block_rows,
                             int64_t* group_begin) {
  const int channels = spmm_float_group_channels(type);
  group_begin[0] = 0;
  for (int64_t i = 0; i < block_rows; ++i) {
    group_begin[i + 1] = group_begin[i] + (indptr[i + 1] - indptr[i] + channels - 1) / channels;
  }
}

namespace {

struct Blocks {
  const int64_t* indptr;
  const int32_t* indices;
  const float* data;
  int64_t block_rows;
  int rows;
};

float stored(float weight, float) { return weight; }
uint16_t stored(float weight, uint16_t) { return bf16_of(weight); }

template <class Element, class Channel>
void pack(const Blocks& blocks, int group, const int64_t* group_begin, Element* weights,
          Channel* channels) {
  const int rows = blocks.rows;
  for (int64_t i = 0; i < blocks.block_rows; ++i) {
    const int64_t first = blocks.indptr[i], end = blocks.indptr[i + 1];
    for (int64_t slot = group * group_begin[i]; slot < group * group_begin[i + 1]; ++slot) {
      const int64_t block = first + slot - group * group_begin[i];
      const bool is_padding = block >= end;
      channels[slot] = static_cast<Channel>(blocks.indices[is_padding ? end - 1 : block]);
      for (int r = 0; r < rows; ++r) {
        const float weight = is_padding ? 0.0f : blocks.data[block * rows + r];
        weights[(slot / group * rows + r) * group + slot % group] = stored(weight, Element{});
      }
    }
  }
}

template <class Element>
void pack(const Blocks& blocks, int group, const int64_t* group_begin, Element* weights,
          void* channels, int wide) {
  if (wide) {
    pack(blocks, group, group_begin, weights, static_cast<uint32_t*>(channels));
  } else {
    pack(blocks, group, group_begin, weights, static_cast<uint16_t*>(channels));
  }
}

}  // namespace

void spmm_float_pack_weight(spmm_float_type type, const int64_t* indptr, const int32_t* indices,
                            const float* data, int64_t block_rows, int rows,
                            const int64_t* group_begin, void* weights, void* channels, int wide) {
  const Blocks blocks = {indptr, indices, data, block_rows, rows};
  const int group = spmm_float_group_channels(type);
  if (type == SPMM_FLOAT_BF16) {
    pack(blocks, group, group_begin, static_cast<uint16_t*>(weights), channels, wide);
  } else {
    pack(blocks, group, group_begin, static_cast<float*>(weights), channels, wide);
  }
}
