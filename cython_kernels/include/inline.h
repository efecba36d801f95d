// What makes a kernel out of small functions: they are inlined, and loops over sums unrolled, before
// the compiler decides what lives in registers.
#pragma once

#define SPBENCH_INLINE static inline __attribute__((always_inline))

// Stores are inlined too, except under sanitizers: their checks, a copy for every line, take minutes to
// compile.
#ifdef SPBENCH_SANITIZE
#define SPBENCH_INLINE_STORE static __attribute__((noinline, unused))
#else
#define SPBENCH_INLINE_STORE SPBENCH_INLINE
#endif

#ifdef __clang__
#define SPBENCH_UNROLL _Pragma("unroll")
#else
#define SPBENCH_UNROLL _Pragma("GCC unroll 16")
#endif
