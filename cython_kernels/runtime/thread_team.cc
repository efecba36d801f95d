#include "runtime/thread_team.h"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace {

// About what a futex wake-up costs: spinning longer than that gains nothing.
constexpr std::chrono::microseconds kJoinSpin{50};

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

void pin_to_nth_allowed_cpu(int n) {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  const int count = CPU_COUNT(&allowed);
  if (count < 2) return;
  for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || seen++ != n % count) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    return;
  }
#else
  (void)n;
#endif
}

class Team {
 public:
  int run(team_function function, void* context, int threads) {
    const std::lock_guard<std::mutex> turn(turn_);
    if (!grow(threads - 1)) return -1;
    function_ = function;
    context_ = context;
    threads_ = threads;
    busy_.store(threads - 1, std::memory_order_relaxed);
    for (int i = 0; i < threads - 1; ++i) members_[i]->call();
    function(context, 0, threads);
    join();
    return 0;
  }

 private:
  // A sleeping thread; its ticket goes up by one for each call that wants it.
  struct Member {
    alignas(64) std::atomic<unsigned> ticket{0};
    void call() {
      ticket.fetch_add(1, std::memory_order_release);
      ticket.notify_one();
    }
  };

  bool grow(int members) {
    while (static_cast<int>(members_.size()) < members) {
      auto member = std::make_unique<Member>();
      const int thread = static_cast<int>(members_.size()) + 1;
      try {
        std::thread(&Team::serve, this, member.get(), thread).detach();
      } catch (const std::system_error&) {
        return false;
      }
      members_.push_back(std::move(member));
    }
    return true;
  }

  void serve(Member* member, int thread) {
    pin_to_nth_allowed_cpu(thread);
    for (unsigned seen = 0;; ++seen) {
      member->ticket.wait(seen, std::memory_order_acquire);
      function_(context_, thread, threads_);
      if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
    }
  }

  void join() {
    const auto deadline = std::chrono::steady_clock::now() + kJoinSpin;
    while (busy_.load(std::memory_order_acquire) != 0) {
      if (std::chrono::steady_clock::now() < deadline) {
        pause_briefly();
      } else {
        const int busy = busy_.load(std::memory_order_acquire);
        if (busy != 0) busy_.wait(busy, std::memory_order_acquire);
      }
    }
  }

  std::mutex turn_;
  std::vector<std::unique_ptr<Member>> members_;
  alignas(64) std::atomic<int> busy_{0};
  team_function function_ = nullptr;
  void* context_ = nullptr;
  int threads_ = 0;
};

Team* team = nullptr;

// Never destroyed: its threads sleep until the process ends. A forked child has none of
// them, so it starts with a new team.
Team* the_team() {
  static std::once_flag once;
  std::call_once(once, [] {
    team = new Team;
    pthread_atfork(nullptr, nullptr, [] { team = new Team; });
  });
  return team;
}

}  // namespace

int team_run(team_function function, void* context, int threads) {
  if (threads <= 1) {
    function(context, 0, 1);
    return 0;
  }
  return the_team()->run(function, context, threads);
}
