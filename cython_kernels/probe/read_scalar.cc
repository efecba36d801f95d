#include "probe/peak.h"

int64_t probe_read_scalar(const void* memory, int64_t bytes, int64_t turns) {
  const uint64_t* words = static_cast<const uint64_t*>(memory);
  volatile uint64_t sink = 0;
  for (int64_t turn = 0; turn < turns; ++turn) {
    uint64_t sums[4] = {};
    for (int64_t i = 0; i < bytes / 8; i += 4) {
      for (int j = 0; j < 4; ++j) sums[j] += words[i + j];
    }
    sink = sink + sums[0] + sums[1] + sums[2] + sums[3];
  }
  return bytes * turns;
}
