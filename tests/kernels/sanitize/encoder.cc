// Kernels of attention, norm, quantize and embedding, and of rows.

#include "dispatch/encoder_table.h"
#include "panels/convert.h"
#include "sanitize.h"

namespace {

Exact<float> random_floats(int64_t count) {
  auto values = exact<float>(count);
  for (int64_t i = 0; i < count; ++i) values[i] = 0.01f * static_cast<float>(random_int(-300, 300));
  return values;
}

// Sequences that begin and end inside panels of 64, 32 and 16.
constexpr int64_t begin[] = {0, 17, 18, 70, 100}, tokens = 100, capacity = 112, heads = 2;
constexpr int64_t longest = 52;

// All but the output and its scales.
attention_args attention_of(const int8_t* qkv, int64_t head_size, uint8_t* scratch) {
  const int64_t hidden = heads * head_size;
  attention_args args{};
  args.tokens = tokens;
  args.qkv = qkv;
  args.qkv_channels = 3 * hidden;
  args.k = hidden;
  args.v = 2 * hidden;
  args.head_size = head_size;
  args.y_channels = hidden;
  args.score_scale = 1e-4f;
  args.scratch = scratch;
  return args;
}

void attend_all(attention_kernel kernel, const attention_args& args) {
  for (int s = 0; s < 4; ++s) kernel(&args, begin[s], begin[s + 1], 0, capacity, 0, heads);
}

void run_attention(attention_kernel kernel, const char* name, int64_t head_size, Counts& counts) {
  const int64_t hidden = heads * head_size;
  std::vector<int8_t> values(3 * hidden * tokens);  // [channel][token]
  for (int8_t& value : values) value = random_weight();
  const auto qkv = exact<int8_t>(3 * hidden * capacity);
  panels_from_u8(reinterpret_cast<const uint8_t*>(values.data()), 3 * hidden, tokens, tokens, 1,
                 reinterpret_cast<uint8_t*>(qkv.get()));
  const auto y = exact<uint8_t>(hidden * capacity), back = exact<uint8_t>(hidden * tokens);
  const auto scratch = exact<uint8_t>(spbench_attention_scratch(longest, head_size));
  attention_args args = attention_of(qkv.get(), head_size, scratch.get());
  args.y = y.get();
  args.output_scale = 0.5f;
  args.output_bias = 128.0f;
  attend_all(kernel, args);

  panels_to_bytes(y.get(), hidden, tokens, back.get());
  bool is_right = true;
  for (int s = 0; s < 4; ++s) {
    for (int64_t head = 0; head < heads; ++head) {
      const int8_t* q = &values[head * head_size * tokens];
      const int8_t *k = q + hidden * tokens, *v = k + hidden * tokens;
      for (int64_t i = begin[s]; i < begin[s + 1]; ++i) {
        std::vector<double> weight;
        for (int64_t j = begin[s]; j < begin[s + 1]; ++j) {
          double score = 0;
          for (int64_t d = 0; d < head_size; ++d) score += q[d * tokens + i] * k[d * tokens + j];
          weight.push_back(score);
        }
        const double top = *std::max_element(weight.begin(), weight.end());
        double total = 0;
        for (double& w : weight) total += w = nearbyint(255 * exp2((w - top) * args.score_scale));
        for (int64_t d = 0; d < head_size; ++d) {
          double sum = 0;
          for (size_t j = 0; j < weight.size(); ++j) sum += weight[j] * v[d * tokens + begin[s] + j];
          is_right &= holds(SPBENCH_U8, back.get(), (head * head_size + d) * tokens + i,
                            static_cast<float>(sum / total) * args.output_scale + args.output_bias);
        }
      }
    }
  }
  counts.check(is_right, name, "heads of " + std::to_string(head_size));
}

void run_norm(norm_kernel kernel, const char* name, int64_t channels, int width, int first,
              int count, bool has_bytes, Counts& counts) {
  const auto x = random_floats(channels * width), before = exact<float>(channels * width);
  std::copy_n(x.get(), channels * width, before.get());
  const auto gamma = random_floats(channels), beta = random_floats(channels);
  const auto q = exact<uint8_t>(channels * width);
  norm_args args{};
  args.channels = channels;
  args.width = width;
  args.epsilon = 1e-5f;
  args.gamma = gamma.get();
  args.beta = beta.get();
  args.x = x.get();
  args.q = has_bytes ? q.get() : nullptr;
  args.q_scale = 20.0f;
  args.q_bias = 128.0f;
  kernel(&args, first, count);

  bool is_right = true;
  for (int t = 0; t < width; ++t) {
    const bool is_written = t >= 16 * first && t < 16 * (first + count);
    double mean = 0, variance = 0;
    for (int64_t c = 0; c < channels; ++c) mean += before[c * width + t] / double(channels);
    for (int64_t c = 0; c < channels; ++c) {
      variance += pow(before[c * width + t] - mean, 2) / double(channels);
    }
    for (int64_t c = 0; c < channels; ++c) {
      const double deviation = (before[c * width + t] - mean) / sqrt(variance + 1e-5);
      const double value = deviation * gamma[c] + beta[c];
      const int64_t at = c * width + t, byte = c * width + spbench_token_byte(width, t);
      if (!is_written) {
        is_right &= x[at] == before[at] && q[byte] == 0;
        continue;
      }
      is_right &= holds(SPBENCH_F32, x.get(), at, static_cast<float>(value));
      if (has_bytes) {
        is_right &= holds(SPBENCH_U8, q.get(), byte, fmaf(x[at], args.q_scale, args.q_bias));
      }
    }
  }
  counts.check(is_right, name, std::to_string(channels) + " channels");
}

// With scales of tokens; NumPy checks the numbers (tests/kernels/test_attention.py).
void run_scaled_attention(attention_kernel kernel, const char* name, int64_t head_size,
                          Counts& counts) {
  const int64_t hidden = heads * head_size;
  const auto qkv = exact<int8_t>(3 * hidden * capacity);
  for (int64_t i = 0; i < 3 * hidden * capacity; ++i) qkv[i] = 100;
  const auto y = exact<float>(hidden * capacity), scale = exact<float>(3 * heads * capacity);
  std::fill_n(scale.get(), 3 * heads * capacity, 0.5f);
  const auto scratch = exact<uint8_t>(spbench_attention_scratch(longest, head_size));
  attention_args args = attention_of(qkv.get(), head_size, scratch.get());
  args.y_float = y.get();
  args.scale = scale.get();
  args.heads = heads;
  attend_all(kernel, args);
  bool is_right = true;  // all values are alike, so their mean is one of them
  for (int64_t i = 0; i < hidden * 96; ++i) is_right &= fabsf(y[i] - 50.0f) < 1e-3f;
  counts.check(is_right, name, "scales of tokens, heads of " + std::to_string(head_size));
}

void run_quantize(quantize_kernel kernel, const char* name, int64_t channels, int width, int first,
                  int count, bool is_signed, Counts& counts) {
  constexpr int64_t kParts = 2;
  const auto x = random_floats(kParts * channels * width);
  const auto q = exact<uint8_t>(kParts * channels * width);
  const auto scale = exact<float>(kParts * width);
  const quantize_args args = {kParts, channels, width, is_signed, x.get(), q.get(), scale.get()};
  kernel(&args, first, count);
  bool is_right = true;
  for (int64_t part = 0; part < kParts; ++part) {
    for (int t = 0; t < width; ++t) {
      const bool is_written = t >= 16 * first && t < 16 * (first + count);
      const float step = scale[part * width + t];
      for (int64_t c = part * channels; c < (part + 1) * channels; ++c) {
        const uint8_t byte = q[c * width + spbench_token_byte(width, t)];
        const float value = float(is_signed ? int8_t(byte) : byte - 128) * step;
        is_right &= is_written ? fabsf(value - x[c * width + t]) <= 0.501f * step + 1e-30f
                               : byte == 0 && step == 0.0f;
      }
    }
  }
  counts.check(is_right, name, std::to_string(channels) + " channels");
}

void run_embedding(embedding_kernel kernel, const char* name, int64_t channels, int width,
                   bool has_types, Counts& counts) {
  const auto word = random_floats(5 * channels), position = random_floats(3 * channels);
  const auto type = random_floats(2 * channels);
  const auto id = exact<int32_t>(16), position_of = exact<int32_t>(16), type_of = exact<int32_t>(16);
  for (int t = 0; t < 16; ++t) {
    id[t] = random_int(0, 4);
    position_of[t] = random_int(0, 2);
    type_of[t] = random_int(0, 1);
  }
  const auto x = exact<float>(channels * width);
  const int first = width - 16;
  const embedding_args args = {channels, word.get(), position.get(), has_types ? type.get() : nullptr,
                               id.get(), position_of.get(), type_of.get(), x.get() + first, width};
  kernel(&args);
  bool is_right = true;
  for (int64_t c = 0; c < channels; ++c) {
    for (int t = 0; t < 16; ++t) {
      const float sum = word[id[t] * channels + c] + position[position_of[t] * channels + c];
      is_right &= x[c * width + first + t] ==
                  (has_types ? sum + type[type_of[t] * channels + c] : sum);
    }
  }
  counts.check(is_right, name, std::to_string(channels) + " channels");
}

void run_rows(rows_kernel kernel, const char* name, int64_t channels, int width, int count,
              Counts& counts) {
  const auto x = random_floats(channels * width);
  std::vector<Exact<float>> rows;
  std::vector<float*> row;
  for (int t = 0; t < count; ++t) {
    rows.push_back(exact<float>(channels));
    row.push_back(rows.back().get());
  }
  const int first = width - 16;
  const rows_args args = {channels, x.get() + first, width, row.data(), count};
  kernel(&args);
  bool is_right = true;
  for (int64_t c = 0; c < channels; ++c) {
    for (int t = 0; t < count; ++t) is_right &= row[t][c] == x[c * width + first + t];
  }
  counts.check(is_right, name, std::to_string(channels) + " channels");
}

}  // namespace

void run_encoder(Counts& counts) {
  for (int index = 0; index < encoder_table_size(); ++index) {
    const encoder_entry& entry = *encoder_table_entry(index);
    if (!counts.admit(entry)) continue;
    const encoder_kernels kernels = encoder_select(spbench_cpu_features(), entry.isa);
    const std::string name = entry.name;
    if (name.starts_with("attention")) {
      for (const int64_t head_size : {4, 12, 32, 64}) {
        run_attention(kernels.attention, entry.name, head_size, counts);
        run_scaled_attention(kernels.attention, entry.name, head_size, counts);
      }
      continue;
    }
    for (const int64_t channels : {1, 5, 16, 33}) {
      for (const int width : {16, 32, 64}) {
        for (const int part : {1, 7, 16}) {
          if (!name.starts_with("rows")) continue;
          run_rows(kernels.rows, entry.name, channels, width, part, counts);
        }
        for (const bool flag : {false, true}) {
          if (name.starts_with("embedding")) {
            run_embedding(kernels.embedding, entry.name, channels, width, flag, counts);
          }
          const bool is_norm = name.starts_with("norm"), is_quantize = name.starts_with("quantize");
          for (int first = 0; (is_norm || is_quantize) && first < width / 16; ++first) {
            for (int count = 1; first + count <= width / 16; ++count) {
              if (is_norm) {
                run_norm(kernels.norm, entry.name, channels, width, first, count, flag, counts);
              } else {
                run_quantize(kernels.quantize, entry.name, channels, width, first, count, flag,
                             counts);
              }
            }
          }
        }
      }
    }
  }
}
