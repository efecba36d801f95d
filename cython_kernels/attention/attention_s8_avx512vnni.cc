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

// S^T of kKeys keys at a time, and the largest of each query.
template <int kCount, int kKeys>
SPBENCH_INLINE void score(const Head& head, __m512i top[kCount]) {
  const int last = head.first + 4 * head.groups;
  const int64_t begin = head.begin - head.base, end = head.end - head.base;
  SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) top[r] = _mm512_set1_epi32(kNever);
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
    if (key < begin || key + kKeys > end) {  // keys of other sequences among them
      SPBENCH_UNROLL for (int j = 0; j < kKeys; ++j) {
        const __mmask16 none = key + j < begin || key + j >= end ? 0xffff : 0;
        SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
          sum[j][r] = _mm512_mask_mov_epi32(sum[j][r], none, _mm512_set1_epi32(kNever));
        }
      }
    }
    __m512i* scores = head.scores + (int64_t)(key - head.first) * kCount;
    SPBENCH_UNROLL for (int j = 0; j < kKeys; ++j) {
      SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
        _mm512_store_si512(scores + j * kCount + r, sum[j][r]);
        top[r] = _mm512_max_epi32(top[r], sum[j][r]);
      }
    }
  }
}

struct Exponential {
  __m512 scale;
  __m512i lowest;
};

SPBENCH_INLINE __m512i weight_of(__m512i scores, __m512i top, const Exponential& e) {
  const __m512 round = _mm512_set1_ps(kRound);
  const __m512 x = _mm512_cvtepi32_ps(_mm512_max_epi32(_mm512_sub_epi32(scores, top), e.lowest));
  const __m512 rounded = _mm512_fmadd_ps(x, e.scale, round);
  const __m512 z = _mm512_fmsub_ps(x, e.scale, _mm512_sub_ps(rounded, round));
  __m512 power = _mm512_fmadd_ps(_mm512_set1_ps(kCubic[3]), z, _mm512_set1_ps(kCubic[2]));
  power = _mm512_fmadd_ps(power, z, _mm512_set1_ps(kCubic[1]));
  power = _mm512_fmadd_ps(power, z, _mm512_set1_ps(kCubic[0]));
  const __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(rounded), 23);
  const __m512i bits = _mm512_add_epi32(_mm512_castps_si512(power), exponent);
  return _mm512_cvtps_epi32(_mm512_castsi512_ps(bits));
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

// O^T, kLines channels at a time.
template <int kCount, int kLines>
SPBENCH_INLINE void gather(const Head& head, int64_t channel, uint8_t* y, int width,
                           const LinePart& part, const __m512 scale[kCount]) {
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
      __m512i q[kCount];
      SPBENCH_UNROLL for (int r = 0; r < kCount; ++r) {
        q[r] = _mm512_cvtps_epi32(_mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[l][r]), scale[r], bias));
      }
      store_part<kCount>(y + (d + l) * width, q, part);
    }
  }
}

// Queries of registers first .. first + kCount - 1 of one panel.
template <int kCount>
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
  score<kCount, kCount <= 2 ? 8 : 4>(head, top);
  weigh<kCount>(head, top, scale);
  const LinePart part = line_part(width, first, kCount, start, head.begin, head.end);
  uint8_t* y = args->y + args->y_channels * (start - args->y_begin) + d0 * width;
  if (kCount <= 2 && args->head_size % 8 == 0) {
    gather<kCount, 8>(head, args->v + d0, y, width, part, scale);
  } else {
    gather<kCount, 4>(head, args->v + d0, y, width, part, scale);
  }
}

void attend_panel(const Head& head, int64_t h, int64_t start, int width) {
  const int64_t begin = head.begin > start ? head.begin : start;
  const int64_t end = head.end < start + width ? head.end : start + width;
  const int first = (int)(begin - start) / 16;
  switch ((int)(end - start + 15) / 16 - first) {
    case 4: return attend<4>(head, h, start, width, first);
    case 3: return attend<3>(head, h, start, width, first);
    case 2: return attend<2>(head, h, start, width, first);
    case 1: return attend<1>(head, h, start, width, first);
  }
}

}  // namespace

void attention_s8_avx512vnni(const attention_args* args, int64_t begin, int64_t end,
                             int64_t query_begin, int64_t query_end, int64_t head_begin,
                             int64_t head_end) {
  const Head head = head_of(args, begin, end);
  for (int64_t h = head_begin; h < head_end; ++h) {
    const int64_t channel = args->k + h * args->head_size;
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
      if (segment.panel >= query_begin && segment.panel < query_end) {
        attend_panel(head, h, segment.panel, segment.width);
      }
    }
  }
}
