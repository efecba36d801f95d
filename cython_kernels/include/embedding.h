// The contracts of the kernels at a model's two ends: 16 tokens between rows and panels.
//
//   embedding   x[c][t] = word[id[t]][c] + position[p[t]][c] + type[k[t]][c]     LayerNorm follows
//   rows        rows[t][c] = x[c][t]                                                 f32
//
// Both transpose: a token is a row of memory on one side, a lane on the other.
//
// The caller guarantees: ids, positions and types are rows of their tables; x is the first of 16
// tokens of a panel, its lines `width` floats apart, and starts on a cache line.
#pragma once

#include <stdint.h>

struct embedding_args {
  int64_t channels;
  const float* word;       // [vocabulary][C]
  const float* position;   // [positions][C]
  const float* type;       // [types][C], or null
  const int32_t* id;       // [16]
  const int32_t* position_of, *type_of;
  float* x;                // [C][width]
  int64_t width;
};

struct rows_args {
  int64_t channels;
  const float* x;          // [C][width]
  int64_t width;
  float* const* row;       // [count], each [C]
  int count;               // 1 .. 16 tokens
};

typedef void (*embedding_kernel)(const struct embedding_args* args);
typedef void (*rows_kernel)(const struct rows_args* args);
