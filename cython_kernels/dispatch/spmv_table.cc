#include "dispatch/spmv_table.h"

#include "spmv_kernels.h"

namespace {

constexpr spmv_entry kTable[] = {
#define SPMV_KERNEL(name, block_rows, isa, features) {#name, block_rows, isa, features, name},
#include "spmv/kernels.inc"
#undef SPMV_KERNEL
};

}  // namespace

int spmv_table_size(void) { return sizeof kTable / sizeof *kTable; }

const spmv_entry* spmv_table_entry(int index) { return &kTable[index]; }

const spmv_entry* spmv_select(int block_rows, uint32_t features, int isa_cap) {
  const spmv_entry* best = nullptr;
  for (const spmv_entry& entry : kTable) {
    if (entry.block_rows != block_rows) continue;
    if (entry.isa > isa_cap || (entry.features & ~features)) continue;
    if (best == nullptr || entry.isa > best->isa) best = &entry;
  }
  return best;
}
