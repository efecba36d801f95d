// Attention on panels (include/attention.h), AVX-512 VNNI: no transposition, no horizontal sum.
//
// 64 queries (one panel, four registers) at a time against all keys of the sequence:
//
//   keys       K interleaved by 4 channels: keys[g][j], a dword of channels 4g .. 4g + 3; once a head
//   queries    the same of Q, + 128 to make it u8: queries[g][register]
//   S^T[j]     += queries[g] . keys[g][j] in all lanes       starts at -128 sum_d K[j, d]
//   max_j      vertical, while S^T[j] lies in a register
//   P^T        four keys a dword: p[j / 4]                   their sum by vpdpbusd with ones
//   O^T[d]     += p[j / 4] . dword of V's line d             four neighbouring tokens: as it stands
//
//   registers of queries     4      3      2      1
//   keys, lines at once      4      4      8      8          16, 12, 16, 8 sums
//
//   pipes of Zen 4, for 16 scores    FP0 FP1        FP2 FP3           any
//   S^T and O^T, 64 channels         32 vpdpbusd
//   P^T                              5 vfmadd       3 add, convert    5 integer
//
//   instruction                  latency, per cycle    Zen 4               Ice Lake
//   vpdpbusd zmm, m32{1to16}                           4, 1 (FP0 FP1)      5, 1 (p0; p05)
//   vfmadd zmm                                         4, 1 (FP0 FP1)      4, 1 (p0; p05)
//   vcvtdq2ps, vcvtps2dq zmm                           3, 1 (FP2 FP3)      4, 1 (p0; p05)
//   vpmaxsd, vpsubd, vpslld, vpternlogd zmm            1, 2                1, 1
//
// Bound: 32 vpdpbusd and 7 cycles of P for 16 scores, 39 cycles at head size 64: 0.82 of the
// vpdpbusd peak; 23 at head size 32: 0.70. Scores take 256 bytes a key and stay in L2.

#include <immintrin.h>
#include <string.h>

#include "attention/softmax.h"
#include "encoder_kernels.h"
#include "inline.h"
#include "line_store_avx512.h"
#include "spmm/lines_avx512.h"

namespace {

// A panel that holds keys of the sequence.
struct Segment {
  int64_t panel;           // its first token
  int width;
  int group_begin, group_end;  // groups of four keys, counted from the sequence's first
};

// One head's work, all memory in scratch.
struct Head {
  const attention_args* args;
  int64_t begin, end;      // the sequence
  int64_t base;            // token at which rows of keys begin: `begin` rounded down to 16
  int64_t row;             // dwords from keys[g] to keys[g + 1]
  int first, groups;       // first key of the first group of four, from base; groups
  int segments;
  Segment* segment;
  int32_t* value_at;       // [groups] byte of the group's dword in a line of its panel
  int32_t* keys;           // [head_size / 4][row]
  int32_t* correction;     // [row]
  float* key_scale;        // [row], with scales of tokens
  float* value_share;      // [row] a key's scale of V, as a share of the largest
  float top_value;         // that one
  __m512i* queries;        // [head_size / 4][registers]
  __m512i* scores;         // [4 groups + 4][registers]
  __m512i* weights;        // [groups][registers]
};

SPBENCH_INLINE __m512i load(const __m512i* from) { return _mm512_load_si512(from); }

SPBENCH_INLINE __m512i dword_everywhere(const void* from) {
  int32_t dword;
  memcpy(&dword, from, sizeof dword);
  return _mm512_set1_epi32(dword);
}

// Lays out the scratch and finds the panels of the keys: the same for all heads.
SPBENCH_INLINE Head head_of(const attention_args* args, int64_t begin, int64_t end) {
  Head head = {};
  head.args = args;
  head.begin = begin;
  head.end = end;
  head.base = begin / 16 * 16;
  head.first = (int)(begin - head.base) / 4 * 4;
  head.groups = (int)((end - head.base - head.first + 3) / 4);
  head.row = spbench_attention_keys(end - begin);
  char* free = (char*)args->scratch;
  head.keys = (int32_t*)free, free += args->head_size * head.row;
  head.queries = (__m512i*)free, free += args->head_size * SPBENCH_PANEL_MAX;
  head.scores = (__m512i*)free, free += 4 * head.row * SPBENCH_PANEL_MAX;
  head.weights = (__m512i*)free, free += head.row * SPBENCH_PANEL_MAX;
  head.correction = (int32_t*)free, free += 4 * head.row;
  head.value_at = (int32_t*)free, free += 4 * head.row;
  head.key_scale = (float*)free, free += 4 * head.row;
  head.value_share = (float*)free, free += 4 * head.row;
  head.segment = (Segment*)free;

  for (int64_t start = begin / SPBENCH_PANEL_MAX * SPBENCH_PANEL_MAX; start < end;) {
    const int width = spbench_panel_width(args->tokens, start);
    if (start + width > begin) {
      Segment* segment = &head.segment[head.segments++];
      segment->panel = start;
      segment->width = width;
      segment->group_begin = head.segments > 1 ? segment[-1].group_end : 0;
      const int64_t last = start + width < end ? start + width : end;
      segment->group_end = (int)((last - head.base - head.first + 3) / 4);
      for (int i = segment->group_begin; i < segment->group_end; ++i) {
        const int token = (int)(head.base + head.first + 4 * i - start);
        head.value_at[i] = spbench_token_byte(width, token);
      }
    }
    start += width;
  }
  return head;
}

// Registers of 32 tokens as Lines<32> leaves them, in 128-bit lanes 0-3 8-11 16-19 24-27 and
// 4-7 12-15 20-23 28-31, into token order.
SPBENCH_INLINE void into_token_order(__m512i x[2]) {
  const __m512i low = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
  const __m512i high = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  const __m512i first = _mm512_permutex2var_epi64(x[0], low, x[1]);
  x[1] = _mm512_permutex2var_epi64(x[0], high, x[1]);
  x[0] = first;
}

// All registers of four lines of a panel, their channels in dwords, in token order.
template <int kWidth>
SPBENCH_INLINE void interleave(const int8_t* panel, int64_t channel, __m512i x[kWidth / 16]) {
  const uint64_t channels[4] = {(uint64_t)channel, (uint64_t)channel + 1, (uint64_t)channel + 2,
                                (uint64_t)channel + 3};
  Lines<kWidth, 0, kWidth / 16> lines;
  lines.load((const uint8_t*)panel, channels);
  SPBENCH_UNROLL for (int j = 0; j < kWidth / 16; ++j) lines.advance(j, x);
  if constexpr (kWidth == 32) into_token_order(x);
}

template <int kWidth>
SPBENCH_INLINE void keys_of_panel(const Head& head, int64_t channel, int64_t start) {
  const attention_args* args = head.args;
  const int8_t* panel = args->qkv + args->qkv_channels * start;
  const __m512i zero_point = _mm512_set1_epi8((char)128);
  __m512i sum[kWidth / 16];
  SPBENCH_UNROLL for (int j = 0; j < kWidth / 16; ++j) sum[j] = _mm512_setzero_si512();
  for (int64_t g = 0; g < args->head_size / 4; ++g) {
    __m512i x[kWidth / 16];
    interleave<kWidth>(panel, channel + 4 * g, x);
    SPBENCH_UNROLL for (int j = 0; j < kWidth / 16; ++j) {
      const int64_t key = start + 16 * j - head.base;
      sum[j] = _mm512_dpbusd_epi32(sum[j], zero_point, x[j]);
      if (key >= 0 && key < head.row) _mm512_storeu_si512(head.keys + g * head.row + key, x[j]);
    }
  }
  SPBENCH_UNROLL for (int j = 0; j < kWidth / 16; ++j) {
    const int64_t key = start + 16 * j - head.base;
    if (key >= 0 && key < head.row) {
      _mm512_storeu_si512(head.correction + key,
                          _mm512_sub_epi32(_mm512_setzero_si512(), sum[j]));
    }
  }
}

// Scales of 16 tokens of a panel: of Q (part 0), K (1) or V (2).
SPBENCH_INLINE __m512 token_scales(const attention_args* args, int part, int64_t h, int64_t start,
                                   int width, int r) {
  return _mm512_loadu_ps(args->scale + 3 * args->heads * start +
                         (part * args->heads + h) * width + 16 * r);
}

// Of 16 tokens from `first` on, those in begin .. end - 1.
SPBENCH_INLINE __mmask16 lanes_inside(int64_t first, int64_t begin, int64_t end) {
  __mmask16 inside = 0;
  for (int lane = 0; lane < 16; ++lane) {
    if (first + lane >= begin && first + lane < end) inside |= (__mmask16)(1 << lane);
  }
  return inside;
}

// Scales of the keys and values of one head, in the order of keys.
void scales_of_head(Head* head, int64_t h) {
  const attention_args* args = head->args;
  const int64_t begin = head->begin - head->base, end = head->end - head->base;
  __m512 top = _mm512_set1_ps(kLeastValueScale);
  for (int s = 0; s < head->segments; ++s) {
    const Segment& segment = head->segment[s];
    for (int r = 0; r < segment.width / 16; ++r) {
      const int64_t key = segment.panel + 16 * r - head->base;
      if (key < 0 || key >= head->row) continue;
      const __m512 value = token_scales(args, 2, h, segment.panel, segment.width, r);
      _mm512_storeu_ps(head->key_scale + key,
                       token_scales(args, 1, h, segment.panel, segment.width, r));
      _mm512_storeu_ps(head->value_share + key, value);
      top = _mm512_mask_max_ps(top, lanes_inside(key, begin, end), top, value);
    }
  }
  head->top_value = _mm512_reduce_max_ps(top);
  const __m512 divisor = _mm512_set1_ps(head->top_value), one = _mm512_set1_ps(1.0f);
  for (int64_t key = 0; key < end; key += 16) {  // shares of other sequences' keys stay finite
    float* share = head->value_share + key;
    _mm512_storeu_ps(share, _mm512_min_ps(_mm512_div_ps(_mm512_loadu_ps(share), divisor), one));
  }
}

// Registers kFirst .. of a panel's queries; which is known only at run time, so all are made.
template <int kWidth, int kCount>
SPBENCH_INLINE void queries_of_panel(const Head& head, int64_t channel, int64_t start, int first) {
  const attention_args* args = head.args;
  const int8_t* panel = args->qkv + args->qkv_channels * start;
  const __m512i to_unsigned = _mm512_set1_epi8((char)128);
  for (int64_t g = 0; g < args->head_size / 4; ++g) {
    __m512i x[kWidth / 16];
    interleave<kWidth>(panel, channel + 4 * g, x);
    SPBENCH_UNROLL for (int j = 0; j < kWidth / 16; ++j) {
      if (j >= first && j < first + kCount) {
        head.queries[g * kCount + j - first] = _mm512_xor_si512(x[j], to_unsigned);
      }
    }
  }
}

// S^T of kKeys keys at a time, and the largest of each query: s32, or f32 times the key's scale.
template <int kCount, int kKeys, bool kScaled>
SPBENCH_INLINE void score(const Head& head, __m512i top[kCount]) {
  const int last = head.first + 4 * head.groups;
  const int64_t begin = head.begin - head.base, end = head.end - head.base;
  const __m512i never = kScaled ? _mm512_castps_si512(_mm512_set1_ps(kNeverFloat))
                                : _mm512_set1_epi32(kNever);
  SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) top[r] = never;
  for (int key = head.first; key < last; key += kKeys) {
    __m512i sum[kKeys][kCount];
    SPBENCH_UNROLL for (int j = 0; j < kKeys; ++j) {
      const __m512i start = dword_everywhere(head.correction + key + j);
      SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) sum[j][r] = start;
    }
    const __m512i* queries = head.queries;
    const int32_t* keys = head.keys + key;
    for (int64_t g = 0; g < head.args->head_size / 4; ++g, queries += kCount, keys += head.row) {
      __m512i q[kCount];
      SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) q[r] = load(queries + r);
      SPBENCH_UNROLL for (int j = 0; j < kKeys; ++j) {
        const __m512i k = dword_everywhere(keys + j);
        SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
          sum[j][r] = _mm512_dpbusd_epi32(sum[j][r], q[r], k);
        }
      }
    }
    if constexpr (kScaled) {
      SPBENCH_UNROLL for (int j = 0; j < kKeys; ++j) {
        const __m512 scale = _mm512_set1_ps(head.key_scale[key + j]);
        SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
          sum[j][r] = _mm512_castps_si512(_mm512_mul_ps(_mm512_cvtepi32_ps(sum[j][r]), scale));
        }
      }
    }
    if (key < begin || key + kKeys > end) {  // keys of other sequences among them
      SPBENCH_UNROLL for (int j = 0; j < kKeys; ++j) {
        const __mmask16 none = key + j < begin || key + j >= end ? 0xffff : 0;
        SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
          sum[j][r] = _mm512_mask_mov_epi32(sum[j][r], none, never);
        }
      }
    }
    __m512i* scores = head.scores + (int64_t)(key - head.first) * kCount;
    SPBENCH_UNROLL for (int j = 0; j < kKeys; ++j) {
      SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
        _mm512_store_si512(scores + j * kCount + r, sum[j][r]);
        if constexpr (kScaled) {
          top[r] = _mm512_castps_si512(
              _mm512_max_ps(_mm512_castsi512_ps(top[r]), _mm512_castsi512_ps(sum[j][r])));
        } else {
          top[r] = _mm512_max_epi32(top[r], sum[j][r]);
        }
      }
    }
  }
}

struct Exponential {
  __m512 scale;
  __m512i lowest;
};

// 255 * 2^exponent, for the exponent rounded + z.
SPBENCH_INLINE __m512 power_of(__m512 rounded, __m512 z) {
  __m512 power = _mm512_fmadd_ps(_mm512_set1_ps(kCubic[3]), z, _mm512_set1_ps(kCubic[2]));
  power = _mm512_fmadd_ps(power, z, _mm512_set1_ps(kCubic[1]));
  power = _mm512_fmadd_ps(power, z, _mm512_set1_ps(kCubic[0]));
  const __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(rounded), 23);
  return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(power), exponent));
}

SPBENCH_INLINE __m512i weight_of(__m512i scores, __m512i top, const Exponential& e) {
  const __m512 round = _mm512_set1_ps(kRound);
  const __m512 x = _mm512_cvtepi32_ps(_mm512_max_epi32(_mm512_sub_epi32(scores, top), e.lowest));
  const __m512 rounded = _mm512_fmadd_ps(x, e.scale, round);
  const __m512 z = _mm512_fmsub_ps(x, e.scale, _mm512_sub_ps(rounded, round));
  return _mm512_cvtps_epi32(power_of(rounded, z));
}

// With scales of tokens; `scale` are those of the queries.
SPBENCH_INLINE __m512 weight_of(__m512 score, __m512 top, __m512 scale) {
  const __m512 round = _mm512_set1_ps(kRound);
  const __m512 t = _mm512_max_ps(_mm512_mul_ps(_mm512_sub_ps(score, top), scale),
                                 _mm512_set1_ps(kLowest));
  const __m512 rounded = _mm512_add_ps(t, round);
  return power_of(rounded, _mm512_sub_ps(t, _mm512_sub_ps(rounded, round)));
}

// P^T in dwords of four keys, and what a query's output is multiplied with.
template <int kCount>
SPBENCH_INLINE void weigh(const Head& head, const __m512i top[kCount], __m512 scale[kCount]) {
  const Exponential e = {_mm512_set1_ps(head.args->score_scale),
                         _mm512_set1_epi32(lowest_difference(head.args->score_scale))};
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i sum[kCount];
  SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) sum[r] = _mm512_setzero_si512();
  for (int i = 0; i < head.groups; ++i) {
    const __m512i* scores = head.scores + (int64_t)4 * i * kCount;
    SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
      __m512i p[4];
      SPBENCH_UNROLL for (int c = 0; c < 4; ++c) {
        p[c] = _mm512_slli_epi32(weight_of(load(scores + c * kCount + r), top[r], e), 8 * c);
      }
      const int any = 0xfe;  // a | b | c
      const __m512i four =
          _mm512_ternarylogic_epi32(p[0], p[1], _mm512_or_si512(p[2], p[3]), any);
      _mm512_store_si512(head.weights + (int64_t)i * kCount + r, four);
      sum[r] = _mm512_dpbusd_epi32(sum[r], four, ones);
    }
  }
  SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
    scale[r] = _mm512_div_ps(_mm512_set1_ps(head.args->output_scale), _mm512_cvtepi32_ps(sum[r]));
  }
}

// The same with scales of tokens: `scale` holds the queries' at first.
template <int kCount>
SPBENCH_INLINE void weigh_scaled(const Head& head, const __m512i top[kCount],
                                 __m512 scale[kCount]) {
  __m512i sum[kCount];
  SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) sum[r] = _mm512_setzero_si512();
  for (int i = 0; i < head.groups; ++i) {
    const __m512i* scores = head.scores + (int64_t)4 * i * kCount;
    const float* share = head.value_share + head.first + 4 * i;
    SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
      __m512i p[4];
      SPBENCH_UNROLL for (int c = 0; c < 4; ++c) {
        const __m512 weight = weight_of(_mm512_castsi512_ps(load(scores + c * kCount + r)),
                                        _mm512_castsi512_ps(top[r]), scale[r]);
        sum[r] = _mm512_add_epi32(sum[r], _mm512_cvtps_epi32(weight));
        const __m512 scaled = _mm512_mul_ps(weight, _mm512_set1_ps(share[c]));
        p[c] = _mm512_slli_epi32(_mm512_cvtps_epi32(scaled), 8 * c);
      }
      const int any = 0xfe;  // a | b | c
      _mm512_store_si512(
          head.weights + (int64_t)i * kCount + r,
          _mm512_ternarylogic_epi32(p[0], p[1], _mm512_or_si512(p[2], p[3]), any));
    }
  }
  SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
    scale[r] = _mm512_div_ps(_mm512_set1_ps(head.top_value), _mm512_cvtepi32_ps(sum[r]));
  }
}

// Where a head's output of one panel goes.
struct Output {
  int width, first;
  uint8_t* bytes;
  LinePart part;
  float* floats;           // with scales of tokens
  __mmask16 mine[4];       // of each register, tokens of the sequence
};

Output output_of(const Head& head, int64_t d0, int64_t start, int width, int first, int count) {
  const attention_args* args = head.args;
  const int64_t at = args->y_channels * (start - args->y_begin) + d0 * width;
  Output output = {};
  output.width = width;
  output.first = first;
  if (args->scale == nullptr) {
    output.bytes = args->y + at;
    output.part = line_part(width, first, count, start, head.begin, head.end);
    return output;
  }
  output.floats = args->y_float + at + 16 * first;
  for (int r = 0; r < count; ++r) {
    output.mine[r] = lanes_inside(start + 16 * (first + r), head.begin, head.end);
  }
  return output;
}

// O^T, kLines channels at a time.
template <int kCount, int kLines, bool kScaled>
SPBENCH_INLINE void gather(const Head& head, int64_t channel, const Output& y,
                           const __m512 scale[kCount]) {
  const attention_args* args = head.args;
  const __m512 bias = _mm512_set1_ps(args->output_bias);
  for (int64_t d = 0; d < args->head_size; d += kLines) {
    __m512i sum[kLines][kCount];
    SPBENCH_UNROLL for (int l = 0; l < kLines; ++l) {
      SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) sum[l][r] = _mm512_setzero_si512();
    }
    const __m512i* weights = head.weights;
    for (int s = 0; s < head.segments; ++s) {
      const Segment& segment = head.segment[s];
      const int64_t line = segment.width;
      const int8_t* lines = args->qkv + args->qkv_channels * segment.panel + (channel + d) * line;
      for (int i = segment.group_begin; i < segment.group_end; ++i, weights += kCount) {
        __m512i p[kCount];
        SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) p[r] = load(weights + r);
        const int8_t* at = lines + head.value_at[i];
        SPBENCH_UNROLL for (int l = 0; l < kLines; ++l) {
          const __m512i v = dword_everywhere(at + l * line);
          SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
            sum[l][r] = _mm512_dpbusd_epi32(sum[l][r], p[r], v);
          }
        }
      }
    }
    SPBENCH_UNROLL for (int l = 0; l < kLines; ++l) {
      if constexpr (kScaled) {
        SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
          _mm512_mask_storeu_ps(y.floats + (d + l) * y.width + 16 * r, y.mine[r],
                                _mm512_mul_ps(_mm512_cvtepi32_ps(sum[l][r]), scale[r]));
        }
        continue;
      }
      __m512i q[kCount];
      SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
        q[r] = _mm512_cvtps_epi32(_mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[l][r]), scale[r], bias));
      }
      store_part<kCount>(y.bytes + (d + l) * y.width, q, y.part);
    }
  }
}

// Queries of registers first .. first + kCount - 1 of one panel.
template <int kCount, bool kScaled>
void attend(const Head& head, int64_t h, int64_t start, int width, int first) {
  const attention_args* args = head.args;
  const int64_t d0 = h * args->head_size;
  switch (width) {
    case 64: queries_of_panel<64, kCount>(head, args->q + d0, start, first); break;
    case 32: queries_of_panel<32, kCount>(head, args->q + d0, start, first); break;
    default: queries_of_panel<16, kCount>(head, args->q + d0, start, first);
  }
  __m512i top[kCount];
  __m512 scale[kCount];
  score<kCount, kCount <= 2 ? 8 : 4, kScaled>(head, top);
  if constexpr (kScaled) {
    const __m512 all = _mm512_set1_ps(args->score_scale), least = _mm512_set1_ps(kLeastQueryScale);
    SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
      const __m512 query = token_scales(args, 0, h, start, width, first + r);
      scale[r] = _mm512_max_ps(_mm512_mul_ps(query, all), least);
    }
    weigh_scaled<kCount>(head, top, scale);
  } else {
    weigh<kCount>(head, top, scale);
  }
  const Output y = output_of(head, d0, start, width, first, kCount);
  if (kCount <= 2 && args->head_size % 8 == 0) {
    gather<kCount, 8, kScaled>(head, args->v + d0, y, scale);
  } else {
    gather<kCount, 4, kScaled>(head, args->v + d0, y, scale);
  }
}

template <bool kScaled>
void attend_panel(const Head& head, int64_t h, int64_t start, int width) {
  const int64_t begin = head.begin > start ? head.begin : start;
  const int64_t end = head.end < start + width ? head.end : start + width;
  const int first = (int)(begin - start) / 16;
  switch ((int)(end - start + 15) / 16 - first) {
    case 4: return attend<4, kScaled>(head, h, start, width, first);
    case 3: return attend<3, kScaled>(head, h, start, width, first);
    case 2: return attend<2, kScaled>(head, h, start, width, first);
    case 1: return attend<1, kScaled>(head, h, start, width, first);
  }
}

}  // namespace

void attention_s8_avx512vnni(const attention_args* args, int64_t begin, int64_t end,
                             int64_t query_begin, int64_t query_end, int64_t head_begin,
                             int64_t head_end) {
  Head head = head_of(args, begin, end);
  for (int64_t h = head_begin; h < head_end; ++h) {
    const int64_t channel = args->k + h * args->head_size;
    if (args->scale != nullptr) scales_of_head(&head, h);
    for (int s = 0; s < head.segments; ++s) {
      const Segment& segment = head.segment[s];
      switch (segment.width) {
        case 64: keys_of_panel<64>(head, channel, segment.panel); break;
        case 32: keys_of_panel<32>(head, channel, segment.panel); break;
        default: keys_of_panel<16>(head, channel, segment.panel);
      }
    }
    for (int s = 0; s < head.segments; ++s) {
      const Segment& segment = head.segment[s];
      if (segment.panel < query_begin || segment.panel >= query_end) continue;
      if (args->scale != nullptr) {
        attend_panel<true>(head, h, segment.panel, segment.width);
      } else {
        attend_panel<false>(head, h, segment.panel, segment.width);
      }
    }
  }
}
