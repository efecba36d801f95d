// A transposition of bytes, 16 channels by 16 tokens at a time, in SSE2, which every x86-64 has.
//
//   rows r[0 .. 15]     16 channels each of the 16 tokens that meet in one 16-byte part of a
//                       line; panels.h says which: at width 64, part L, byte 4 j + b holds
//                       token 16 j + 4 L + b
//   four rounds         r'[2 i], r'[2 i + 1] = unpack low, unpack high of r[i] and r[i + 8]
//   after the fourth    r[c] is that part of channel c's line
//
// One round moves the top bit of the row's number below the byte's number; four rounds
// exchange the two numbers.
//
//   instruction            latency, throughput per cycle   Zen 4      Ice Lake
//   movdqu (load)                                          6, 2       6, 2
//   punpcklbw, punpckhbw                                   1, 2       1, 2
//   movdqu (store)                                         -, 1       -, 2
//
// 64 unpacks, 16 loads and 16 stores for 256 bytes: at most 8 bytes a cycle.
#include "panels/from_tokens.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "panels.h"

namespace {

constexpr int kSide = 16;

// Where the tokens of one part of a line start; a token that is not there reads zeros.
struct Rows {
  const uint8_t* start[kSide];
  int64_t step[kSide];  // 1, or 0 to stay at the zeros
};

constexpr uint8_t kZeros[kSide] = {};

Rows rows_of_part(const uint8_t* x, int64_t held, int64_t token_stride, int width, int part) {
  Rows rows;
  for (int token = 0; token < width; ++token) {
    const int byte = spbench_token_byte(width, token);
    if (byte / kSide != part) continue;
    rows.start[byte % kSide] = token < held ? x + token * token_stride : kZeros;
    rows.step[byte % kSide] = token < held;
  }
  return rows;
}

void transpose_bytewise(const Rows& rows, int64_t channel, int64_t channels, int width,
                        uint8_t* part) {
  for (; channel < channels; ++channel) {
    for (int i = 0; i < kSide; ++i) {
      part[channel * width + i] = rows.start[i][channel * rows.step[i]];
    }
  }
}

#ifdef __SSE2__
void transpose_square(const Rows& rows, int64_t channel, int width, uint8_t* part) {
  __m128i from[kSide], to[kSide];
  for (int i = 0; i < kSide; ++i) {
    const uint8_t* row = rows.start[i] + channel * rows.step[i];
    from[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row));
  }
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < kSide / 2; ++i) {
      to[2 * i] = _mm_unpacklo_epi8(from[i], from[i + kSide / 2]);
      to[2 * i + 1] = _mm_unpackhi_epi8(from[i], from[i + kSide / 2]);
    }
    for (int i = 0; i < kSide; ++i) from[i] = to[i];
  }
  for (int i = 0; i < kSide; ++i) {
    uint8_t* line = part + (channel + i) * width;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(line), from[i]);
  }
}
#endif

void fill_panel(const Rows* parts, int64_t channels, int width, uint8_t* panel) {
  const int count = width / kSide;
  int64_t channel = 0;
#ifdef __SSE2__
  for (; channel + kSide <= channels; channel += kSide) {
    for (int part = 0; part < count; ++part) {
      transpose_square(parts[part], channel, width, panel + part * kSide);
    }
  }
#endif
  for (int part = 0; part < count; ++part) {
    transpose_bytewise(parts[part], channel, channels, width, panel + part * kSide);
  }
}

}  // namespace

void panels_from_tokens(const panels_source* source) {
  const int64_t tokens = source->tokens, stride = source->token_stride;
  for (int64_t start = 0; start < tokens;) {
    const int width = spbench_panel_width(tokens, start);
    Rows parts[SPBENCH_PANEL_MAX / kSide];
    for (int part = 0; part < width / kSide; ++part) {
      parts[part] = rows_of_part(source->x + start * stride, tokens - start, stride, width, part);
    }
    fill_panel(parts, source->channels, width, source->panels + source->channels * start);
    start += width;
  }
}

void panels_from_tokens_call(void* source) {
  panels_from_tokens(static_cast<const panels_source*>(source));
}
