// bytes[i] = table[bytes[i]], plain C++.
#include "lookup_kernels.h"

void lookup_scalar(const uint8_t* table, uint8_t* bytes, int64_t count) {
  for (int64_t i = 0; i < count; ++i) bytes[i] = table[bytes[i]];
}
