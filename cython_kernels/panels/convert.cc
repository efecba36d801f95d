#include "panels/convert.h"

#include <cstring>

#include "panels.h"
#include "panels/from_tokens.h"

namespace {

int64_t tokens_in_panel(int64_t tokens, int64_t start, int width) {
  return tokens - start < width ? tokens - start : width;
}

// A full line from neighbouring tokens. Four of them stay one dword, so that a line is a
// transposition of dwords: [register j][lane] -> [lane][register j].
template <int kWidth>
void line_from_neighbours(const uint8_t* row, uint8_t* line) {
  constexpr int kRegisters = kWidth / 16;
  uint32_t from[kWidth / 4], to[kWidth / 4];
  std::memcpy(from, row, kWidth);
  for (int lane = 0; lane < 4; ++lane) {
    for (int j = 0; j < kRegisters; ++j) to[kRegisters * lane + j] = from[4 * j + lane];
  }
  std::memcpy(line, to, kWidth);
}

template <int kWidth>
void lines_from_neighbours(const uint8_t* x, int64_t channels, int64_t channel_stride,
                           uint8_t* panel) {
  for (int64_t channel = 0; channel < channels; ++channel) {
    line_from_neighbours<kWidth>(x + channel * channel_stride, panel + channel * kWidth);
  }
}

void panel_from_neighbours(const uint8_t* x, int64_t channels, int64_t channel_stride, int width,
                           uint8_t* panel) {
  if (width == 64) {
    lines_from_neighbours<64>(x, channels, channel_stride, panel);
  } else if (width == 32) {
    lines_from_neighbours<32>(x, channels, channel_stride, panel);
  } else {
    lines_from_neighbours<16>(x, channels, channel_stride, panel);
  }
}

// Any strides, and a panel that is not full: byte by byte.
void panel_from_strided(const uint8_t* x, int64_t channels, int64_t held, int64_t channel_stride,
                        int64_t token_stride, int width, uint8_t* panel) {
  int token_at[SPBENCH_PANEL_MAX];
  for (int token = 0; token < width; ++token) token_at[spbench_token_byte(width, token)] = token;
  for (int64_t channel = 0; channel < channels; ++channel) {
    const uint8_t* row = x + channel * channel_stride;
    uint8_t* line = panel + channel * width;
    for (int byte = 0; byte < width; ++byte) {
      const int token = token_at[byte];
      line[byte] = token < held ? row[token * token_stride] : 0;
    }
  }
}

}  // namespace

void panels_from_u8(const uint8_t* x, int64_t channels, int64_t tokens, int64_t channel_stride,
                    int64_t token_stride, uint8_t* panels) {
  if (channel_stride == 1) {
    const panels_source source = {x, channels, tokens, token_stride, panels};
    return panels_from_tokens(&source);
  }
  for (int64_t start = 0; start < tokens;) {
    const int width = spbench_panel_width(tokens, start);
    const int64_t held = tokens_in_panel(tokens, start, width);
    const uint8_t* from = x + start * token_stride;
    uint8_t* panel = panels + channels * start;
    if (token_stride == 1 && held == width) {
      panel_from_neighbours(from, channels, channel_stride, width, panel);
    } else {
      panel_from_strided(from, channels, held, channel_stride, token_stride, width, panel);
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
