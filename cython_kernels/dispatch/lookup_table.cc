#include "dispatch/lookup_table.h"

#include "lookup_kernels.h"

namespace {

constexpr lookup_entry kTable[] = {
#define LOOKUP_KERNEL(name, isa, features) {#name, isa, features, name},
#include "epilogue/lookups.inc"
#undef LOOKUP_KERNEL
};

}  // namespace

int lookup_table_size(void) { return sizeof kTable / sizeof *kTable; }

const lookup_entry* lookup_table_entry(int index) { return &kTable[index]; }

const lookup_entry* lookup_select(uint32_t features, int isa_cap) {
  const lookup_entry* best = nullptr;
  for (const lookup_entry& entry : kTable) {
    if (entry.isa > isa_cap || (entry.features & ~features)) continue;
    if (best == nullptr || entry.isa > best->isa) best = &entry;
  }
  return best;
}
