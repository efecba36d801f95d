// Peak loops in assembly, so that the number of instructions is known and no compiler
// can shorten them.
//
// vpdpbusd has a latency of 4 (Zen 4) or 5 cycles (Ice Lake) and a throughput of 1 or 2 a
// cycle: 16 independent sums keep every unit busy. 16 x 64 multiply-adds a turn.

#include "probe/peak.h"

#define EACH_OF_16(one) \
  one(0) one(1) one(2) one(3) one(4) one(5) one(6) one(7) \
  one(8) one(9) one(10) one(11) one(12) one(13) one(14) one(15)

#define CLOBBER(i) "xmm" #i,
#define CLEAR(i) "vpxord %%zmm" #i ", %%zmm" #i ", %%zmm" #i "\n\t"
#define DPBUSD(i) "vpdpbusd %%zmm30, %%zmm31, %%zmm" #i "\n\t"
#define FMA(i) "vfmadd231ps %%zmm30, %%zmm31, %%zmm" #i "\n\t"

#define DPBF16(i) "vdpbf16ps %%zmm30, %%zmm31, %%zmm" #i "\n\t"

#define REPEAT(instruction)                                      \
  __asm__ volatile(                                              \
      EACH_OF_16(CLEAR)                                          \
      "vpxord %%zmm30, %%zmm30, %%zmm30\n\t"                     \
      "vpxord %%zmm31, %%zmm31, %%zmm31\n\t"                     \
      ".p2align 5\n"                                             \
      "1:\n\t" EACH_OF_16(instruction)                           \
      "dec %0\n\t"                                               \
      "jnz 1b\n\t"                                               \
      "vzeroupper\n\t"                                           \
      : "+r"(left)                                               \
      :                                                          \
      : EACH_OF_16(CLOBBER) "xmm30", "xmm31", "cc")

int64_t probe_vpdpbusd_zmm(int64_t turns) {
  int64_t left = turns;
  REPEAT(DPBUSD);
  return turns * 16 * 64 * 2;
}

int64_t probe_fma_f32_zmm(int64_t turns) {
  int64_t left = turns;
  REPEAT(FMA);
  return turns * 16 * 16 * 2;
}

int64_t probe_vdpbf16ps_zmm(int64_t turns) {
  int64_t left = turns;
  REPEAT(DPBF16);
  return turns * 16 * 32 * 2;
}

#define LOAD(i) "vmovdqu64 " #i "*64(%0), %%zmm" #i "\n\t"

int64_t probe_read_zmm(const void* memory, int64_t bytes, int64_t turns) {
  for (int64_t turn = 0; turn < turns; ++turn) {
    const char* at = (const char*)memory;
    const char* end = at + bytes;
    __asm__ volatile(
        ".p2align 5\n"
        "1:\n\t" EACH_OF_16(LOAD)
        "add $1024, %0\n\t"
        "cmp %1, %0\n\t"
        "jb 1b\n\t"
        "vzeroupper\n\t"
        : "+r"(at)
        : "r"(end)
        : EACH_OF_16(CLOBBER) "cc", "memory");
  }
  return bytes * turns;
}
