// Every kernel that this CPU has, on buffers of exactly their size, against plain loops: built with the
// address and undefined-behaviour sanitizers (`make sanitize`), which end the program at the first byte
// read or written outside, shift too far or pointer misaligned.
//
// Prints one line with what ran; exit status 1 if a result is wrong.

#include "sanitize.h"

int main() {
  Counts counts{};
  run_spmm(counts);
  run_spmv(counts);
  run_spmm_float(counts);
  run_lookup(counts);
  run_encoder(counts);
  printf("sanitize: %d kernels:", counts.kernels);
  const char* separator = "";
  for (const auto& [family, kernels] : counts.of_family) {
    printf("%s %s %d", separator, family.c_str(), kernels);
    separator = ",";
  }
  separator = " (";
  for (int isa = 0; isa < SPBENCH_ISA_COUNT; ++isa) {
    if (counts.of_isa[isa] == 0) continue;
    printf("%s%s %d", separator, spbench_isa_name(isa), counts.of_isa[isa]);
    separator = ", ";
  }
  printf("); %d not on this CPU, %d runs, %d wrong\n", counts.absent, counts.runs, counts.wrong);
  return counts.wrong != 0;
}
