// Between ordinary arrays and panels (include/panels.h). One thread; not for hot paths.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// X u8, element (channel, token) at x[channel * channel_stride + token * token_stride],
// into panels of spbench_panel_capacity(tokens) tokens; padding tokens become 0.
void panels_from_u8(const uint8_t* x, int64_t channels, int64_t tokens, int64_t channel_stride,
                    int64_t token_stride, uint8_t* panels);

// Panels of one-byte elements into a row-major [channels][tokens] array.
void panels_to_bytes(const uint8_t* panels, int64_t channels, int64_t tokens, uint8_t* y);

// Panels of four-byte elements (s32, f32) into a row-major [channels][tokens] array.
void panels_to_words(const uint32_t* panels, int64_t channels, int64_t tokens, uint32_t* y);

#ifdef __cplusplus
}
#endif
