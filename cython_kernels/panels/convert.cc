#include "panels/convert.h"

#include "panels.h"

namespace {

int64_t tokens_in_panel(int64_t tokens, int64_t start, int width) {
  return tokens - start < width ? tokens - start : width;
}

}  // namespace

void panels_from_u8(const uint8_t* x, int64_t channels, int64_t tokens, int64_t channel_stride,
                    int64_t token_stride, uint8_t* panels) {
  for (int64_t start = 0; start < tokens;) {
    const int width = spbench_panel_width(tokens, start);
    const int64_t held = tokens_in_panel(tokens, start, width);
    int token_at[SPBENCH_PANEL_MAX];
    for (int token = 0; token < width; ++token) token_at[spbench_token_byte(width, token)] = token;
    for (int64_t channel = 0; channel < channels; ++channel) {
      uint8_t* line = panels + channels * start + channel * width;
      const uint8_t* row = x + channel * channel_stride + start * token_stride;
      for (int byte = 0; byte < width; ++byte) {
        const int token = token_at[byte];
        line[byte] = token < held ? row[token * token_stride] : 0;
      }
    }
    start += width;
  }
}

void panels_to_bytes(const uint8_t* panels, int64_t channels, int64_t tokens, uint8_t* y) {
  for (int64_t start = 0; start < tokens;) {
    const int width = spbench_panel_width(tokens, start);
    const int64_t held = tokens_in_panel(tokens, start, width);
    for (int64_t channel = 0; channel < channels; ++channel) {
      const uint8_t* line = panels + channels * start + channel * width;
      for (int token = 0; token < held; ++token) {
        y[channel * tokens + start + token] = line[spbench_token_byte(width, token)];
      }
    }
    start += width;
  }
}

void panels_to_words(const uint32_t* panels, int64_t channels, int64_t tokens, uint32_t* y) {
  for (int64_t start = 0; start < tokens;) {
    const int width = spbench_panel_width(tokens, start);
    const int64_t held = tokens_in_panel(tokens, start, width);
    for (int64_t channel = 0; channel < channels; ++channel) {
      const uint32_t* line = panels + channels * start + channel * width;
      for (int token = 0; token < held; ++token) y[channel * tokens + start + token] = line[token];
    }
    start += width;
  }
}
