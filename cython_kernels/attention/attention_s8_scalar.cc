// Attention on panels (include/attention.h) in plain C++: runs on any CPU, and says what the vector
// kernels compute, query by query. Bound: the latency of a multiply-add from memory.

#include <math.h>
#include <string.h>

#include "attention/softmax.h"
#include "encoder_kernels.h"

namespace {

// Where a token of one head stands: `line` bytes apart are its channels.
struct Place {
  int64_t panel, width, byte;
  int64_t token;  // of the panel
};

Place place_of(int64_t tokens, int64_t token) {
  const int64_t whole = token / SPBENCH_PANEL_MAX * SPBENCH_PANEL_MAX;
  const int64_t capacity = spbench_panel_capacity(tokens);
  int64_t start = whole;
  int width = spbench_panel_width(tokens, start);
  while (start + width <= token && start < capacity) {
    start += width;
    width = spbench_panel_width(tokens, start);
  }
  return {start, width, spbench_token_byte(width, (int)(token - start)), token - start};
}

int8_t element(const attention_args& args, int64_t channel, const Place& place) {
  return args.qkv[args.qkv_channels * place.panel + channel * place.width + place.byte];
}

// 255 * 2^exponent, for the exponent rounded + z.
float power_of(float rounded, float z) {
  const float power = fmaf(fmaf(fmaf(kCubic[3], z, kCubic[2]), z, kCubic[1]), z, kCubic[0]);
  uint32_t bits, n;
  memcpy(&bits, &power, sizeof bits);
  memcpy(&n, &rounded, sizeof n);
  bits += n << 23;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

uint8_t weight_of(int32_t difference, float scale, int32_t lowest) {
  const float x = (float)(difference > lowest ? difference : lowest);
  const float rounded = fmaf(x, scale, kRound);
  return (uint8_t)nearbyintf(power_of(rounded, fmaf(x, scale, -(rounded - kRound))));
}

float weight_of(float exponent) {
  const float t = fmaxf(exponent, kLowest);
  const float rounded = t + kRound;
  return power_of(rounded, t - (rounded - kRound));
}

int32_t score_of(const attention_args& args, int64_t d0, const Place& query, const Place& key) {
  int32_t sum = 0;
  for (int64_t d = d0; d < d0 + args.head_size; ++d) {
    sum += element(args, args.q + d, query) * element(args, args.k + d, key);
  }
  return sum;
}

void attend(const attention_args& args, int64_t begin, int64_t end, int64_t head, int64_t query) {
  const int64_t d0 = head * args.head_size;
  const Place at = place_of(args.tokens, query);
  int32_t* score = static_cast<int32_t*>(args.scratch);
  int32_t top = kNever;
  for (int64_t key = begin; key < end; ++key) {
    const int32_t sum = score_of(args, d0, at, place_of(args.tokens, key));
    score[key - begin] = sum;
    top = sum > top ? sum : top;
  }
  const int32_t lowest = lowest_difference(args.score_scale);
  int32_t total = 0;
  for (int64_t j = 0; j < end - begin; ++j) {
    score[j] = weight_of(score[j] - top, args.score_scale, lowest);
    total += score[j];
  }
  const Place out = {at.panel - args.y_begin, at.width, at.byte, at.token};
  const float scale = args.output_scale / (float)total;
  for (int64_t d = d0; d < d0 + args.head_size; ++d) {
    int32_t sum = 0;
    for (int64_t key = begin; key < end; ++key) {
      sum += score[key - begin] * element(args, args.v + d, place_of(args.tokens, key));
    }
    const float value = nearbyintf(fmaf((float)sum, scale, args.output_bias));
    args.y[args.y_channels * out.panel + d * out.width + out.byte] =
        (uint8_t)(value < 0.0f ? 0.0f : value > 255.0f ? 255.0f : value);
  }
}

float token_scale(const attention_args& args, int64_t part, int64_t head, const Place& place) {
  return args.scale[3 * args.heads * place.panel + (part * args.heads + head) * place.width +
                    place.token];
}

// The same with scales of tokens.
void attend_scaled(const attention_args& args, int64_t begin, int64_t end, int64_t head,
                   int64_t query) {
  const int64_t d0 = head * args.head_size;
  const Place at = place_of(args.tokens, query);
  float* score = static_cast<float*>(args.scratch);
  float top = kNeverFloat, top_value = kLeastValueScale;
  for (int64_t key = begin; key < end; ++key) {
    const Place place = place_of(args.tokens, key);
    const float x = (float)score_of(args, d0, at, place) * token_scale(args, 1, head, place);
    score[key - begin] = x;
    top = fmaxf(top, x);
    top_value = fmaxf(top_value, token_scale(args, 2, head, place));
  }
  const float scale = fmaxf(token_scale(args, 0, head, at) * args.score_scale, kLeastQueryScale);
  int32_t total = 0;
  for (int64_t key = begin; key < end; ++key) {
    const float weight = weight_of((score[key - begin] - top) * scale);
    const float value = token_scale(args, 2, head, place_of(args.tokens, key));
    total += (int32_t)nearbyintf(weight);
    score[key - begin] = nearbyintf(weight * (value / top_value));
  }
  const float factor = top_value / (float)total;
  float* y = args.y_float + args.y_channels * (at.panel - args.y_begin) + at.token;
  for (int64_t d = d0; d < d0 + args.head_size; ++d) {
    int32_t sum = 0;
    for (int64_t key = begin; key < end; ++key) {
      sum += (int32_t)score[key - begin] * element(args, args.v + d, place_of(args.tokens, key));
    }
    y[d * at.width] = (float)sum * factor;
  }
}

}  // namespace

void attention_s8_scalar(const attention_args* args, int64_t begin, int64_t end,
                         int64_t query_begin, int64_t query_end, int64_t head_begin,
                         int64_t head_end) {
  const int64_t first = begin > query_begin ? begin : query_begin;
  const int64_t last = end < query_end ? end : query_end;
  for (int64_t head = head_begin; head < head_end; ++head) {
    for (int64_t query = first; query < last; ++query) {
      if (args->scale != nullptr) {
        attend_scaled(*args, begin, end, head, query);
      } else {
        attend(*args, begin, end, head, query);
      }
    }
  }
}
