// Panels: the layout of every activation, [panel][channels][width].
//
//   tokens 0 .. 63        64 .. 127        128 .. 143      (N = 140)
//   +---------------+ +---------------+ +-----+
//   | width 64      | | width 64      | | 16  |   panel p starts at token start[p], a multiple
//   | K lines       | | K lines       | |     |   of 16, and its lines at byte K * start[p]
//   +---------------+ +---------------+ +-----+   (u8) or element M * start[p] (s32, f32)
//
// One line is one channel of one panel: at width 64 one cache line, one AVX-512
// register. s32 and f32 lines are in token order. In u8 and s8 lines the bytes
// stand so that interleaving four lines (unpack bytes, then words, inside the
// 128-bit lanes) gives registers that hold tokens in order:
//
//   token 16 j + 4 L + b   stands at byte   4 J L + 4 j + b,   J = width / 16 registers
//
//   width 64, bytes by 4:  t0 t16 t32 t48 | t4 t20 t36 t52 | t8 ... | t12 ...   (t0 = tokens 0..3)
//   width 32:              t0 t16 | t4 t20 | t8 t24 | t12 t28
//   width 16:              t0 | t4 | t8 | t12
//
// Four neighbouring tokens (t % 4 == 0) stay one dword at every width. Tokens past
// N are padding: written by kernels, never read back.
#pragma once

#include <stdint.h>

enum { SPBENCH_PANEL_MAX = 64 };

// Tokens that the panels of n tokens hold: the remainder of n / 64 is covered by
// 16, 32, 32 + 16 or 64.
static inline int64_t spbench_panel_capacity(int64_t n) { return (n + 15) / 16 * 16; }

// Width of the panel that starts at `start`.
static inline int spbench_panel_width(int64_t n, int64_t start) {
  const int64_t rest = spbench_panel_capacity(n) - start;
  return rest >= 64 ? 64 : rest >= 32 ? 32 : 16;
}

// Byte at which a token of a panel stands in a u8 or s8 line.
static inline int spbench_token_byte(int width, int token) {
  const int registers = width / 16;
  const int j = token / 16, lane = token / 4 % 4, b = token % 4;
  return 4 * registers * lane + 4 * j + b;
}
