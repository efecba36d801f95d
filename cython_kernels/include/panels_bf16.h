// Panels of bf16 and f32, beside those of bytes (include/panels.h): the same panels of 64,
// 32 or 16 tokens, [panel][channels][width].
//
// f32 lines are in token order. In bf16 lines the words stand so that interleaving two
// lines (unpack words, inside the 128-bit lanes) gives registers that hold tokens in order,
// each token with its two channels in one dword, as vdpbf16ps wants them:
//
//   width 64, words by 4:  t0 t16 t4 t20 t8 t24 t12 t28 | t32 t48 t36 t52 t40 t56 t44 t60
//   width 32:              t0 t16 t4 t20 t8 t24 t12 t28         (t0 = tokens 0 .. 3)
//   width 16:              t0 t4 t8 t12                          token order
//
//   lines a, b of 32 tokens:  a = A0 A16 | A4 A20 | A8 A24 | A12 A28      4 lanes of 8 words
//                             b = B0 B16 | B4 B20 | B8 B24 | B12 B28
//   unpack low words:         ab0        | ab4      | ab8      | ab12      tokens 0 .. 15
//   unpack high words:        ab16       | ab20     | ab24     | ab28      tokens 16 .. 31
//
//   token 32 h + 16 j + 4 L + b   stands at word   32 h + 8 L + 4 j + b   (width 64, 32)
//
// so a line of 64 is two lines of 32, one after another.
#pragma once

#include "panels.h"

// Word at which a token of a panel stands in a bf16 line.
static inline int spbench_token_word(int width, int token) {
  if (width == 16) return token;
  const int half = token / 32, j = token / 16 % 2, lane = token / 4 % 4, b = token % 4;
  return 32 * half + 8 * lane + 4 * j + b;
}
