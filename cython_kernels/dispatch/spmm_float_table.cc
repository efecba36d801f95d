#include "dispatch/spmm_float_table.h"

#include "spmm_float_kernels.h"

namespace {

constexpr spmm_float_entry kTable[] = {
#define SPMM_FLOAT_KERNEL(name, type, rows, width, isa, features) \
  {#name, type, rows, width, isa, features, name},
#include "spmm_float/kernels.inc"
#undef SPMM_FLOAT_KERNEL
};

}  // namespace

int spmm_float_table_size(void) { return sizeof kTable / sizeof *kTable; }

const spmm_float_entry* spmm_float_table_entry(int index) { return &kTable[index]; }

const spmm_float_entry* spmm_float_select(spmm_float_type type, int block_rows, int panel_width,
                                          uint32_t features, int isa_cap) {
  const spmm_float_entry* best = nullptr;
  for (const spmm_float_entry& entry : kTable) {
    if (entry.type != type || entry.block_rows != block_rows) continue;
    if (entry.panel_width != panel_width || entry.isa > isa_cap) continue;
    if (entry.features & ~features) continue;
    if (best == nullptr || entry.isa > best->isa) best = &entry;
  }
  return best;
}
