// Where the threads of a team wait for each other inside a call: by spinning for a bounded time,
// then asleep, so that a thread that lost its core does not keep the others from theirs.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace spbench {

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

class Barrier {
 public:
  explicit Barrier(int threads) : threads_(threads) {}

  void wait() {
    const unsigned round = round_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      round_.notify_all();
      return;
    }
    const auto deadline = std::chrono::steady_clock::now() + kSpin;
    while (round_.load(std::memory_order_acquire) == round) {
      if (std::chrono::steady_clock::now() < deadline) {
        for (int i = 0; i < 16; ++i) pause_briefly();
      } else {
        round_.wait(round, std::memory_order_acquire);
      }
    }
  }

 private:
  // A few futex wake-ups; longer than threads of one call differ in work.
  static constexpr std::chrono::microseconds kSpin{200};

  const int threads_;
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<unsigned> round_{0};
};

}  // namespace spbench
