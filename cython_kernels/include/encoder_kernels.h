// Declarations of the engine's other kernels, made from their lists.
#pragma once

#include "attention.h"
#include "embedding.h"
#include "norm.h"
#include "quantize.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATTENTION_KERNEL(name, isa, features)                                              \
  void name(const struct attention_args* args, int64_t begin, int64_t end,                 \
            int64_t query_begin, int64_t query_end, int64_t head_begin, int64_t head_end);
#define NORM_KERNEL(name, isa, features) \
  void name(const struct norm_args* args, int first, int count);
#define QUANTIZE_KERNEL(name, isa, features) \
  void name(const struct quantize_args* args, int first, int count);
#define EMBEDDING_KERNEL(name, isa, features) void name(const struct embedding_args* args);
#define ROWS_KERNEL(name, isa, features) void name(const struct rows_args* args);
#include "attention/kernels.inc"
#include "embedding/kernels.inc"
#include "norm/kernels.inc"
#include "quantize/kernels.inc"
#undef ATTENTION_KERNEL
#undef NORM_KERNEL
#undef QUANTIZE_KERNEL
#undef EMBEDDING_KERNEL
#undef ROWS_KERNEL

#ifdef __cplusplus
}
#endif
