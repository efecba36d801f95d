// The contract of an attention kernel: heads of one sequence, on panels.
//
//   S[i, j] = sum_d Q[i, d] K[j, d]                 queries i, keys j of the sequence; s32
//   P[i, j] = round(255 * 2^((S[i, j] - max_j S[i, j]) * score_scale))               u8
//   O[i, d] = sum_j P[i, j] V[j, d] / sum_j P[i, j]
//   y       = saturate(round_half_even(O * output_scale + output_bias))              u8
//
// Q, K and V are s8, symmetric, as one product writes them: lines of the same panels
// (include/panels.h). score_scale holds the scales of Q and K, 1 / sqrt(head size) and log2(e);
// output_scale those of V and y. Sums of P are those of the rounded P, so that weights add up to
// one, and all sums are of integers: neither the order of keys nor the tokens before and behind
// change a result by a bit.
//
// With scales of tokens (dynamic quantisation) each token's Q, K and V of each head have a scale of
// their own, s_q, s_k and s_v, and y is f32:
//
//   x[i, j] = S[i, j] s_k[j]
//   p[i, j] = 255 * 2^((x[i, j] - max_j x[i, j]) * (s_q[i] score_scale))             f32
//   O[i, d] = sum_j round(p[i, j] s_v[j] / max_j s_v[j]) V[j, d] * max_j s_v[j] / sum_j round(p[i, j])
//   y       = O
//
// s_v goes into P, for the sum over j can take no other factor of j.
//
// Sequences lie one after another in the panels, at any token; only attention knows where one
// ends. A dword of a line may hold keys of two sequences: P is exactly 0 for keys of another.
//
//   panel    |............64............|............64............|....32....|
//   tokens   |  sequence 0   | 1 |       sequence 2       |   3    | padding  |
//
// The caller guarantees: head_size is a multiple of 4; lines start at a multiple of their size;
// score_scale is at least 2^-24; scratch has spbench_attention_scratch(...) bytes and starts on a
// cache line. A kernel writes y for tokens max(begin, query_begin) .. min(end, query_end) - 1 of
// the heads and nothing else: other threads may write the tokens beside them.
#pragma once

#include <stdint.h>

#include "panels.h"

struct attention_args {
  int64_t tokens;                   // of all sequences together: they tell the panels' widths
  const int8_t* qkv;                // panels of qkv_channels
  int64_t qkv_channels, q, k, v;    // channels at which head 0's Q, K and V begin
  int64_t head_size;
  uint8_t* y;                       // panels of y_channels; head 0 at channel 0
  int64_t y_channels, y_begin;      // token at which y begins, the first of a panel
  float score_scale, output_scale, output_bias;
  void* scratch;
  const float* scale;               // of tokens; null: none. Panels of 3 heads: s_q, s_k, s_v
  int64_t heads;                    // of them all; read with scales
  float* y_float;                   // in the place of y, with scales
};

// Queries query_begin .. query_end - 1 (the first tokens of panels, or `tokens` rounded up to 16)
// of heads head_begin .. head_end - 1 of the sequence begin .. end - 1.
typedef void (*attention_kernel)(const struct attention_args* args, int64_t begin, int64_t end,
                                 int64_t query_begin, int64_t query_end, int64_t head_begin,
                                 int64_t head_end);

// Keys of a sequence of any alignment, rounded up to registers, and eight more that a kernel may
// compute and then forget.
static inline int64_t spbench_attention_keys(int64_t length) {
  return (length + 15) / 16 * 16 + 32;
}

// Bytes for sequences of at most `length` tokens.
static inline int64_t spbench_attention_scratch(int64_t length, int64_t head_size) {
  const int64_t keys = spbench_attention_keys(length);
  return head_size * (keys + SPBENCH_PANEL_MAX) + keys * (4 + 4 * SPBENCH_PANEL_MAX) +
         keys * SPBENCH_PANEL_MAX + 24 * keys + 4096;
}
