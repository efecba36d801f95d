// Replaying prepared calls, so that a benchmark times the library and not the interpreter.
//
// A foreign function costs a few microseconds when Python calls it, as long as a small
// GEMM takes. Here the function and its arguments are bound once; a compiled loop then
// calls it `count` times:
//
//     signatures.inc      the C signatures known, one line each
//     find_signature      name -> Signature, which checks nothing and binds Arguments
//     PreparedCall        function pointer + decoded arguments
//     time_calls          clocks around the loop
//     ProcessCpuClock     CPU time of all threads, running ones included
//
// Nothing in here allocates, takes a lock or touches Python between the two clock reads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace spbench::replay {

// An argument on its way from Python to C; the letter of its kind (see Signature) says
// which member holds it. A struct passed by value travels as its address, and is copied
// when the call is bound.
union Argument {
  std::int64_t integer;
  double real;
};

class PreparedCall {
 public:
  virtual ~PreparedCall() = default;

  // Calls `count` times. Returns the first nonzero status, 0 if there was none or if the
  // function returns nothing.
  virtual std::int64_t repeat(std::int64_t count) const noexcept = 0;
};

struct Signature {
  const char* name;
  const char* kinds;  // a letter per argument: p address, i int, f float, s struct by value
  std::unique_ptr<PreparedCall> (*bind)(std::uintptr_t function, const Argument* arguments);
};

// The signature of this name, or nullptr.
const Signature* find_signature(const std::string& name) noexcept;

// Names of all signatures, separated by ", ", for messages.
std::string signature_names();

struct Timing {
  std::int64_t wall_ns;  // CLOCK_MONOTONIC
  std::int64_t cpu_ns;   // ProcessCpuClock: every thread of the process
  std::int64_t status;   // of PreparedCall::repeat
};

Timing time_calls(const PreparedCall& call, std::int64_t count);

}  // namespace spbench::replay
