// What this CPU can do, and the levels by which SPBENCH_ISA caps it.
#pragma once

#include <stdint.h>

// Levels in ascending order; a kernel belongs to one, whatever else it needs.
enum spbench_isa {
  SPBENCH_ISA_SCALAR = 0,
  SPBENCH_ISA_AVX2,
  SPBENCH_ISA_AVXVNNI,
  SPBENCH_ISA_AVX512BW,
  SPBENCH_ISA_AVX512VNNI,
  SPBENCH_ISA_AVX512VBMI,
  SPBENCH_ISA_AVX512BF16,
  SPBENCH_ISA_COUNT
};

// Feature bits that kernels list.
enum {
  SPBENCH_AVX2 = 1 << 0,
  SPBENCH_FMA = 1 << 1,
  SPBENCH_AVX512F = 1 << 2,
  SPBENCH_AVX512BW = 1 << 3,
  SPBENCH_AVX512VL = 1 << 4,
  SPBENCH_AVX512DQ = 1 << 5,
  SPBENCH_AVX512VNNI = 1 << 6,
  SPBENCH_AVX512VBMI = 1 << 7,
  SPBENCH_AVX512BF16 = 1 << 8,
  SPBENCH_AVXVNNI = 1 << 9,
  SPBENCH_AMX_INT8 = 1 << 10,
  SPBENCH_AMX_BF16 = 1 << 11,
};

#define SPBENCH_NEEDS_AVX2 (SPBENCH_AVX2 | SPBENCH_FMA)
#define SPBENCH_NEEDS_AVXVNNI (SPBENCH_NEEDS_AVX2 | SPBENCH_AVXVNNI)
// Cascade Lake has the bits of AVX512BW and AVX512VNNI; it lacks VBMI.
#define SPBENCH_NEEDS_AVX512BW \
  (SPBENCH_AVX512F | SPBENCH_AVX512BW | SPBENCH_AVX512VL | SPBENCH_AVX512DQ)
#define SPBENCH_NEEDS_AVX512VNNI (SPBENCH_NEEDS_AVX512BW | SPBENCH_AVX512VNNI)
#define SPBENCH_NEEDS_AVX512VBMI (SPBENCH_NEEDS_AVX512VNNI | SPBENCH_AVX512VBMI)

#ifdef __cplusplus
extern "C" {
#endif

// Bits of this CPU that the operating system lets a process use.
uint32_t spbench_cpu_features(void);

// Name of bit 1 << index, null past the last.
const char* spbench_feature_name(int index);

// Vendor string of the hypervisor ("KVMKVMKVM"), empty without one or where not told.
const char* spbench_hypervisor(void);

// Name of a level ("avx512vnni"), null past the last.
const char* spbench_isa_name(int isa);

#ifdef __cplusplus
}
#endif
