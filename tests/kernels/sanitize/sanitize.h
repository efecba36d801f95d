// What the families of this folder share: operands on buffers of exactly their size, and the count of
// what ran.
#pragma once

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "dispatch/cpu_features.h"
#include "epilogue/requantize_scalar.h"

struct Free {
  void operator()(void* memory) const { free(memory); }
};

template <typename T>
using Exact = std::unique_ptr<T[], Free>;

// `count` elements on the heap, at a cache line, not one byte more.
template <typename T>
Exact<T> exact(int64_t count) {
  void* memory = nullptr;
  if (posix_memalign(&memory, 64, count * sizeof(T)) != 0) abort();
  memset(memory, 0, count * sizeof(T));
  return Exact<T>(static_cast<T*>(memory));
}

template <typename T>
Exact<T> exact(const std::vector<T>& values) {
  Exact<T> copy = exact<T>(values.size());
  std::copy(values.begin(), values.end(), copy.get());
  return copy;
}

inline int random_int(int low, int high) {
  static std::mt19937 generator(1);
  return std::uniform_int_distribution<int>(low, high)(generator);
}

// Extremes come often.
inline int8_t random_weight() {
  const int kind = random_int(0, 5);
  return kind == 0 ? -128 : kind == 1 ? 127 : static_cast<int8_t>(random_int(-128, 127));
}

inline uint8_t random_activation() {
  const int kind = random_int(0, 5);
  return kind == 0 ? 0 : kind == 1 ? 255 : static_cast<uint8_t>(random_int(0, 255));
}

inline int bytes_of(spbench_output output) {
  return output == SPBENCH_S32 || output == SPBENCH_F32 ? 4 : 1;
}

// Whether y[index], which is not s32, is `value` stored: bytes within one quantum.
inline bool holds(spbench_output output, const void* y, int64_t index, float value) {
  if (output == SPBENCH_F32) {
    return fabsf(static_cast<const float*>(y)[index] - value) <= 1e-2f + 1e-4f * fabsf(value);
  }
  const bool is_signed = output == SPBENCH_S8;
  const float got = is_signed ? static_cast<const int8_t*>(y)[index]
                              : static_cast<const uint8_t*>(y)[index];
  const float low = is_signed ? -128.0f : 0.0f, high = is_signed ? 127.0f : 255.0f;
  return fabsf(got - nearbyintf(saturate_scalar(value, low, high))) <= 1.0f;
}

struct Counts {
  std::map<std::string, int> of_family;  // kernels
  int of_isa[SPBENCH_ISA_COUNT], kernels, absent, runs, wrong;

  // Whether this CPU has a kernel, which is counted.
  template <typename Entry>
  bool admit(const Entry& kernel) {
    uint32_t needed = kernel.features;
#ifdef SPBENCH_AVXVNNI_AS_AVX512VNNI  // the same source in the encoding that more CPUs have
    if (kernel.isa == SPBENCH_ISA_AVXVNNI) needed = SPBENCH_NEEDS_AVX512VNNI;
#endif
    if (needed & ~spbench_cpu_features()) {
      ++absent;
      return false;
    }
    const std::string name = kernel.name;
    const size_t word = name.find('_');
    const bool has_type = name.substr(word + 1) != spbench_isa_name(kernel.isa);
    ++of_family[name.substr(0, has_type ? name.find('_', word + 1) : word)];
    ++of_isa[kernel.isa];
    ++kernels;
    return true;
  }

  void check(bool is_right, const char* name, const std::string& what) {
    ++runs;
    if (is_right) return;
    ++wrong;
    fprintf(stderr, "%s: wrong for %s\n", name, what.c_str());
  }
};

// Every kernel of a family, and what stands around it.
void run_spmm(Counts& counts);
void run_spmv(Counts& counts);
void run_spmm_float(Counts& counts);
void run_lookup(Counts& counts);
void run_encoder(Counts& counts);
