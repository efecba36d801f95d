// What makes a kernel out of small functions: they are inlined, and loops over sums unrolled, before
// the compiler decides what lives in registers.
#pragma once

#define SPBENCH_INLINE static inline __attribute__((always_inline))

#ifdef __clang__
#define SPBENCH_UNROLL _Pragma("unroll")
#else
#define SPBENCH_UNROLL _Pragma("GCC unroll 16")
#endif
