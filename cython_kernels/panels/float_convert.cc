#include "panels/float_convert.h"

#include <string.h>

#include "panels_bf16.h"
#include "spmm_float/epilogue.h"

namespace {

void put(float value, float* to) { *to = value; }
void put(float value, uint16_t* to) { *to = bf16_of(value); }

void put(uint8_t value, float* to) { *to = value; }

// Eight bits of mantissa hold every u8: there is nothing to round.
void put(uint8_t value, uint16_t* to) {
  const float whole = value;
  uint32_t bits;
  memcpy(&bits, &whole, sizeof bits);
  *to = static_cast<uint16_t>(bits >> 16);
}

int place(int, int token, const float*) { return token; }
int place(int width, int token, const uint16_t*) { return spbench_token_word(width, token); }

// Channel by channel. Where X is token by token, a cache line of it serves the next 63 channels
// too: the lines of a panel's 64 tokens stay in L1.
template <class From, class To>
void fill(const float_panels_source& source, const From* x, To* panels) {
  for (int64_t start = 0; start < source.tokens;) {
    const int width = spbench_panel_width(source.tokens, start);
    const int64_t left = source.tokens - start;
    const int held = left < width ? static_cast<int>(left) : width;
    int at[SPBENCH_PANEL_MAX];
    for (int token = 0; token < width; ++token) at[token] = place(width, token, panels);
    for (int64_t channel = 0; channel < source.channels; ++channel) {
      const From* from = x + channel * source.channel_stride + start * source.token_stride;
      To* line = panels + source.channels * start + channel * width;
      for (int token = 0; token < held; ++token) {
        put(from[token * source.token_stride], &line[at[token]]);
      }
      for (int token = held; token < width; ++token) line[at[token]] = 0;
    }
    start += width;
  }
}

template <class To>
void fill(const float_panels_source& source, To* panels) {
  if (source.is_u8) {
    fill(source, static_cast<const uint8_t*>(source.x), panels);
  } else {
    fill(source, static_cast<const float*>(source.x), panels);
  }
}

}  // namespace

void float_panels_fill(const float_panels_source* source) {
  if (source->type == SPMM_FLOAT_BF16) {
    fill(*source, static_cast<uint16_t*>(source->panels));
  } else {
    fill(*source, static_cast<float*>(source->panels));
  }
}

void float_panels_fill_call(void* source) {
  float_panels_fill(static_cast<const float_panels_source*>(source));
}

void float_panels_from_bf16(const uint16_t* panels, int64_t channels, int64_t tokens, float* y) {
  for (int64_t start = 0; start < tokens;) {
    const int width = spbench_panel_width(tokens, start);
    const int64_t held = tokens - start < width ? tokens - start : width;
    for (int64_t channel = 0; channel < channels; ++channel) {
      const uint16_t* line = panels + channels * start + channel * width;
      for (int token = 0; token < held; ++token) {
        y[channel * tokens + start + token] = f32_of(line[spbench_token_word(width, token)]);
      }
    }
    start += width;
  }
}
