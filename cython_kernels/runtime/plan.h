// A model as a list of kernel calls, all memory laid out beforehand, run in one entry of the team.
//
//   stage 0     embedding  norm  linear (Q K V)
//   stage l     attention  linear  norm  linear  linear  norm  linear (Q K V of the next layer)
//   last        attention  linear  norm  linear  linear  norm  rows
//
// Within a stage a token needs no other token, except attention, which reads what the stage before
// has written. So a stage is run on a group of tokens from its first op to its last, then on the
// next group: what passes between its ops stays in cache, in buffers as large as a group. Between
// stages all threads meet. A buffer that one stage writes for the next exists twice, so that
// once is enough.
//
// Threads share out
//   tokens        where whole panels give even shares: each runs all ops on its own tokens, and a
//                 model of L layers has L + 1 meetings;
//   block rows, heads, registers of tokens   otherwise: all threads run each op together, and meet
//                 after each.
#pragma once

#include <stdint.h>

#include "dispatch/encoder_table.h"
#include "runtime/spmm_run.h"

enum plan_kind {
  PLAN_EMBEDDING, PLAN_NORM, PLAN_QUANTIZE, PLAN_LINEAR, PLAN_ATTENTION, PLAN_ROWS
};

enum { PLAN_NO_BUFFER = -1, PLAN_MOST_GROUP = 512 };

// Panels of `channels`, each element of `element` bytes.
struct plan_buffer {
  void* memory;
  int64_t channels;
  int element;
  int64_t group_bytes;  // 0: holds all tokens; else a group, one of this size for each thread
};

struct plan_linear {
  struct spmm_problem problem;  // x, y, residual and passes are filled in when it runs
  struct spmm_kernels kernels;
};

struct plan_attention {
  int64_t heads, head_size, q, k, v;
  float score_scale, output_scale, output_bias;
};

struct plan_op {
  enum plan_kind kind;
  int x, y, residual;  // buffers
  int scale;           // buffer of f32: scales of tokens, which quantize writes, and linear (one
                       // each) and attention (those of include/attention.h) read; or none
  int is_signed;       // of quantize
  int ends_stage;
  struct plan_linear linear;
  struct plan_attention attention;
  int64_t output;                   // of rows: which of the batch's
  struct norm_args norm;            // x and y: buffers of f32 and of bytes
  struct embedding_args embedding;  // y: the buffer
};

struct plan {
  const struct plan_op* op;
  int64_t ops;
  const struct plan_buffer* buffer;
  struct encoder_kernels kernels;
  int threads;
  int64_t group_tokens;   // a multiple of 64, at most PLAN_MOST_GROUP
  uint8_t* scratch;       // of attention, one for each thread
  int64_t scratch_bytes;
  int64_t* time_ns;       // [threads][ops], added to; or null
};

// Tokens of all sequences, one after another; arrays are readable up to `tokens` rounded up to 16.
struct plan_batch {
  int64_t tokens, sequences;
  const int64_t* begin;  // [sequences + 1] first token of each
  const int32_t *id, *position, *type;
  float* const* row;     // [outputs][tokens] where a token's hidden state goes
};

#ifdef __cplusplus
extern "C" {
#endif

// Returns 0, or -1 if threads could not be started.
int plan_run(const struct plan* plan, const struct plan_batch* batch);

#ifdef __cplusplus
}
#endif
