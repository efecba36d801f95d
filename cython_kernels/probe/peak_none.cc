// In place of peak_avx512.cc where there is no AVX-512 to build: nothing is done. The
// features of the CPU say that these are not to be called.

#include "probe/peak.h"

int64_t probe_vpdpbusd_zmm(int64_t) { return 0; }
int64_t probe_fma_f32_zmm(int64_t) { return 0; }
int64_t probe_vdpbf16ps_zmm(int64_t) { return 0; }
int64_t probe_read_zmm(const void*, int64_t, int64_t) { return 0; }
