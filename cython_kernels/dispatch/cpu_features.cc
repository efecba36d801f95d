// cpuid through the compiler's own reading of it, which also asks the operating system
// whether it saves the wide registers. What GCC 12 does not name is read by hand.

#include "dispatch/cpu_features.h"

#include <cstring>

#if defined(SPBENCH_X86)
#include <cpuid.h>

namespace {

uint32_t leaf7_subleaf1_eax() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) ? eax : 0;
}

uint32_t leaf7_edx() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) ? edx : 0;
}

uint32_t detect() {
  __builtin_cpu_init();
  uint32_t bits = 0;
  if (__builtin_cpu_supports("avx2")) bits |= SPBENCH_AVX2;
  if (__builtin_cpu_supports("fma")) bits |= SPBENCH_FMA;
  if (__builtin_cpu_supports("avx512f")) bits |= SPBENCH_AVX512F;
  if (__builtin_cpu_supports("avx512bw")) bits |= SPBENCH_AVX512BW;
  if (__builtin_cpu_supports("avx512vl")) bits |= SPBENCH_AVX512VL;
  if (__builtin_cpu_supports("avx512dq")) bits |= SPBENCH_AVX512DQ;
  if (__builtin_cpu_supports("avx512vnni")) bits |= SPBENCH_AVX512VNNI;
  if (__builtin_cpu_supports("avx512vbmi")) bits |= SPBENCH_AVX512VBMI;
  if ((bits & SPBENCH_AVX512F) && (leaf7_subleaf1_eax() >> 5 & 1)) bits |= SPBENCH_AVX512BF16;
  if ((bits & SPBENCH_AVX2) && (leaf7_subleaf1_eax() >> 4 & 1)) bits |= SPBENCH_AVXVNNI;
  if (leaf7_edx() >> 25 & 1) bits |= SPBENCH_AMX_INT8;
  if (leaf7_edx() >> 22 & 1) bits |= SPBENCH_AMX_BF16;
  return bits;
}

}  // namespace

uint32_t spbench_cpu_features(void) {
  static const uint32_t bits = detect();
  return bits;
}

const char* spbench_hypervisor(void) {
  static char name[13] = "";
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx >> 31 & 1)) return name;
  const unsigned hypervisor_leaf = 0x40000000;
  __cpuid(hypervisor_leaf, eax, ebx, ecx, edx);
  const unsigned words[3] = {ebx, ecx, edx};
  std::memcpy(name, words, sizeof words);
  return name;
}

#else

uint32_t spbench_cpu_features(void) { return 0; }

const char* spbench_hypervisor(void) { return ""; }

#endif

const char* spbench_feature_name(int index) {
  static const char* const names[] = {"avx2",       "fma",        "avx512f",    "avx512bw",
                                      "avx512vl",   "avx512dq",   "avx512vnni", "avx512vbmi",
                                      "avx512bf16", "avxvnni",    "amx_int8",   "amx_bf16"};
  const int count = sizeof names / sizeof *names;
  return index >= 0 && index < count ? names[index] : nullptr;
}

const char* spbench_isa_name(int isa) {
  static const char* const names[] = {"scalar",     "avx2",       "avxvnni",   "avx512bw",
                                      "avx512vnni", "avx512vbmi", "avx512bf16"};
  return isa >= 0 && isa < SPBENCH_ISA_COUNT ? names[isa] : nullptr;
}
