// Rows to panels and back (include/embedding.h) in plain C++: runs on any CPU. Bound: one cache line
// touched for each number written.

#include "encoder_kernels.h"

void embedding_f32_scalar(const embedding_args* args) {
  for (int t = 0; t < 16; ++t) {
    const float* word = args->word + args->id[t] * args->channels;
    const float* position = args->position + args->position_of[t] * args->channels;
    const float* type = args->type ? args->type + args->type_of[t] * args->channels : nullptr;
    for (int64_t c = 0; c < args->channels; ++c) {
      const float sum = word[c] + position[c];
      args->x[c * args->width + t] = type ? sum + type[c] : sum;
    }
  }
}

void rows_f32_scalar(const rows_args* args) {
  for (int t = 0; t < args->count; ++t) {
    for (int64_t c = 0; c < args->channels; ++c) args->row[t][c] = args->x[c * args->width + t];
  }
}
