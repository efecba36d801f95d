// A register loop for any CPU: what a measurement is compared with where there is no vpdpbusd.
//
// A multiply takes 3 or 4 cycles and can start every cycle: four chains that do not depend on each
// other keep the unit busy. No compiler finds a closed form for x * a + b modulo 2^64.

#include "probe/peak.h"

int64_t probe_multiply_scalar(int64_t turns) {
  uint64_t chains[4] = {1, 2, 3, 4};
  for (int64_t turn = 0; turn < turns; ++turn) {
    for (uint64_t& chain : chains) chain = chain * 6364136223846793005u + 1442695040888963407u;
  }
  volatile uint64_t sink = chains[0] ^ chains[1] ^ chains[2] ^ chains[3];
  static_cast<void>(sink);
  return turns * 4 * 2;
}
