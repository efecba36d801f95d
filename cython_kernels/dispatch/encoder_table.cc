#include "dispatch/encoder_table.h"

#include "encoder_kernels.h"

namespace {

template <typename Kernel>
struct Entry {
  encoder_entry about;
  Kernel kernel;
};

// Each table reads the lists of its room; embedding/ lists two kinds.
#define ATTENTION_KERNEL(name, isa, features) {{#name, isa, features}, name},
constexpr Entry<attention_kernel> kAttention[] = {
#include "attention/kernels.inc"
};
#define NORM_KERNEL ATTENTION_KERNEL
constexpr Entry<norm_kernel> kNorm[] = {
#include "norm/kernels.inc"
};
#define QUANTIZE_KERNEL ATTENTION_KERNEL
constexpr Entry<quantize_kernel> kQuantize[] = {
#include "quantize/kernels.inc"
};
#define EMBEDDING_KERNEL ATTENTION_KERNEL
#define ROWS_KERNEL(name, isa, features)
constexpr Entry<embedding_kernel> kEmbedding[] = {
#include "embedding/kernels.inc"
};
#undef EMBEDDING_KERNEL
#undef ROWS_KERNEL
#define EMBEDDING_KERNEL(name, isa, features)
#define ROWS_KERNEL ATTENTION_KERNEL
constexpr Entry<rows_kernel> kRows[] = {
#include "embedding/kernels.inc"
};
#undef ATTENTION_KERNEL
#undef EMBEDDING_KERNEL
#define ATTENTION_KERNEL(name, isa, features) {#name, isa, features},
#define EMBEDDING_KERNEL ATTENTION_KERNEL
constexpr encoder_entry kAll[] = {
#include "attention/kernels.inc"
#include "embedding/kernels.inc"
#include "norm/kernels.inc"
#include "quantize/kernels.inc"
};

template <typename Kernel, int kSize>
const Entry<Kernel>& select(const Entry<Kernel> (&table)[kSize], uint32_t features, int isa_cap) {
  const Entry<Kernel>* best = nullptr;
  for (const Entry<Kernel>& entry : table) {
    if (entry.about.isa > isa_cap || (entry.about.features & ~features)) continue;
    if (best == nullptr || entry.about.isa > best->about.isa) best = &entry;
  }
  return *best;
}

}  // namespace

int encoder_table_size(void) { return sizeof kAll / sizeof *kAll; }

const encoder_entry* encoder_table_entry(int index) { return &kAll[index]; }

encoder_kernels encoder_select(uint32_t features, int isa_cap) {
  const auto& attention = select(kAttention, features, isa_cap);
  const auto& norm = select(kNorm, features, isa_cap);
  const auto& quantize = select(kQuantize, features, isa_cap);
  const auto& embedding = select(kEmbedding, features, isa_cap);
  const auto& rows = select(kRows, features, isa_cap);
  return {attention.kernel,    norm.kernel,     quantize.kernel,     embedding.kernel,
          rows.kernel,         attention.about.name, norm.about.name, quantize.about.name,
          embedding.about.name, rows.about.name};
}
