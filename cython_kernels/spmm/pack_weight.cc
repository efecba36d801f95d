#include "spmm/pack_weight.h"

void spmm_count_groups(const int64_t* indptr, int64_t block_rows, int64_t* group_begin) {
  group_begin[0] = 0;
  for (int64_t i = 0; i < block_rows; ++i) {
    group_begin[i + 1] = group_begin[i] + (indptr[i + 1] - indptr[i] + 3) / 4;
  }
}

namespace {

template <typename Channel>
void pack(const int64_t* indptr, const int32_t* indices, const int8_t* data, int64_t block_rows,
          int rows, const int64_t* group_begin, int8_t* weights, Channel* channels) {
  for (int64_t i = 0; i < block_rows; ++i) {
    const int64_t slots = 4 * (group_begin[i + 1] - group_begin[i]);
    for (int64_t slot = 0; slot < slots; ++slot) {
      const int64_t block = indptr[i] + slot;
      const bool is_padding = block >= indptr[i + 1];
      const int64_t g = group_begin[i] + slot / 4, c = slot % 4;
      channels[4 * g + c] =
          static_cast<Channel>(indices[is_padding ? indptr[i + 1] - 1 : block]);
      for (int r = 0; r < rows; ++r) {
        weights[(rows * g + r) * 4 + c] = is_padding ? 0 : data[block * rows + r];
      }
    }
  }
}

}  // namespace

void spmm_pack_weight(const int64_t* indptr, const int32_t* indices, const int8_t* data,
                      int64_t block_rows, int rows, const int64_t* group_begin, int8_t* weights,
                      void* channels, int wide) {
  if (wide) {
    pack(indptr, indices, data, block_rows, rows, group_begin, weights,
         static_cast<uint32_t*>(channels));
  } else {
    pack(indptr, indices, data, block_rows, rows, group_begin, weights,
         static_cast<uint16_t*>(channels));
  }
}
