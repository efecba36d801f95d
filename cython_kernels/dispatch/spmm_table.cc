#include "dispatch/spmm_table.h"

#include "spmm_kernels.h"

namespace {

constexpr spmm_entry kTable[] = {
#define SPMM_KERNEL(name, rows, cols, width, isa, features) \
  {#name, rows, cols, width, isa, features, name},
#include "dense/kernels.inc"
#include "spmm/kernels.inc"
#undef SPMM_KERNEL
};

}  // namespace

int spmm_table_size(void) { return sizeof kTable / sizeof *kTable; }

const spmm_entry* spmm_table_entry(int index) { return &kTable[index]; }

const spmm_entry* spmm_select(int block_rows, int block_cols, int panel_width, uint32_t features,
                              int isa_cap) {
  const spmm_entry* best = nullptr;
  for (const spmm_entry& entry : kTable) {
    if (entry.block_rows != block_rows || entry.block_cols != block_cols) continue;
    if (entry.panel_width != panel_width || entry.isa > isa_cap) continue;
    if (entry.features & ~features) continue;
    if (best == nullptr || entry.isa > best->isa) best = &entry;
  }
  return best;
}
