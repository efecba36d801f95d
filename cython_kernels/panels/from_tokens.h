// Panels (include/panels.h) from activations that lie token by token, [tokens][channels], as
// transformers hold them. One thread.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct panels_source {
  const uint8_t* x;  // element (channel, token) at x[channel + token * token_stride]
  int64_t channels, tokens, token_stride;
  uint8_t* panels;  // spbench_panel_capacity(tokens) tokens; padding tokens become 0
};

void panels_from_tokens(const struct panels_source* source);

// The same for a prepared call; `source` is a panels_source.
void panels_from_tokens_call(void* source);

#ifdef __cplusplus
}
#endif
