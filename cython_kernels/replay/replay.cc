#include "replay.h"

#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "process_cpu_clock.h"

namespace spbench::replay {
namespace {

using Address = void*;

// oneMKL's `struct matrix_descr`: type, fill mode, diagonal; three C enums.
struct MatrixDescription {
  int type;
  int mode;
  int diagonal;
};

// How a C type is written in Signature::kinds, and how it is read from an Argument.
template <class Type>
struct Kind {
  static_assert(std::is_trivially_copyable_v<Type> && std::is_class_v<Type>);
  static constexpr char letter = 's';
  static Type decode(Argument argument) {
    Type value;
    std::memcpy(&value, reinterpret_cast<const void*>(argument.integer), sizeof value);
    return value;
  }
};

template <>
struct Kind<Address> {
  static constexpr char letter = 'p';
  static Address decode(Argument argument) { return reinterpret_cast<Address>(argument.integer); }
};

template <>
struct Kind<int> {
  static constexpr char letter = 'i';
  static int decode(Argument argument) { return static_cast<int>(argument.integer); }
};

template <>
struct Kind<float> {
  static constexpr char letter = 'f';
  static float decode(Argument argument) { return static_cast<float>(argument.real); }
};

// One class per signature: the loop is compiled for it, so a call costs its register moves.
template <class Result, class... Types>
class BoundCall final : public PreparedCall {
 public:
  using Function = Result (*)(Types...);
  static constexpr char kinds[] = {Kind<Types>::letter..., '\0'};

  static std::unique_ptr<PreparedCall> bind(std::uintptr_t function, const Argument* arguments) {
    return bind_each(function, arguments, std::index_sequence_for<Types...>());
  }

  BoundCall(std::uintptr_t function, Types... arguments)
      : function_(reinterpret_cast<Function>(function)), arguments_(arguments...) {}

  std::int64_t repeat(std::int64_t count) const noexcept override {
    std::int64_t status = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      if constexpr (std::is_void_v<Result>) {
        std::apply(function_, arguments_);
      } else {
        const std::int64_t code = std::apply(function_, arguments_);
        if (status == 0) status = code;
      }
    }
    return status;
  }

 private:
  template <std::size_t... Indices>
  static std::unique_ptr<PreparedCall> bind_each(std::uintptr_t function,
                                                 const Argument* arguments,
                                                 std::index_sequence<Indices...>) {
    return std::make_unique<BoundCall>(function, Kind<Types>::decode(arguments[Indices])...);
  }

  Function function_;
  std::tuple<Types...> arguments_;
};

constexpr Signature kSignatures[] = {
#define SIGNATURE(name, ...) {#name, BoundCall<__VA_ARGS__>::kinds, BoundCall<__VA_ARGS__>::bind},
#include "signatures.inc"
#undef SIGNATURE
};

}  // namespace

const Signature* find_signature(const std::string& name) noexcept {
  for (const Signature& signature : kSignatures) {
    if (name == signature.name) return &signature;
  }
  return nullptr;
}

std::string signature_names() {
  std::string names;
  for (const Signature& signature : kSignatures) {
    if (!names.empty()) names += ", ";
    names += signature.name;
  }
  return names;
}

// The wall clock is read inside the CPU clock's reads: the latter enter the kernel and
// take longer than a small GEMM call, the former does not.
Timing time_calls(const PreparedCall& call, std::int64_t count) {
  ProcessCpuClock cpu_clock;
  cpu_clock.list_threads();
  const std::int64_t cpu_start = cpu_clock.now_ns();
  const std::int64_t wall_start = now_ns(CLOCK_MONOTONIC);
  const std::int64_t status = call.repeat(count);
  const std::int64_t wall_stop = now_ns(CLOCK_MONOTONIC);
  const std::int64_t cpu_stop = cpu_clock.now_ns();
  return {wall_stop - wall_start, cpu_stop - cpu_start, status};
}

}  // namespace spbench::replay
