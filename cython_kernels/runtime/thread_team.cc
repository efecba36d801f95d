#include "runtime/thread_team.h"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/cpus.h"

namespace {

// About what a futex wake-up costs: spinning longer than that gains nothing. The caller looks so long
// for the end of the others' shares, and a member for the next call, before they sleep.
constexpr std::chrono::microseconds kSpin{50};

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

void pin(pthread_t thread, int cpu) {
#if defined(__linux__)
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  pthread_setaffinity_np(thread, sizeof one, &one);
#else
  (void)thread, (void)cpu;
#endif
}

class Team {
 public:
  int run(team_function function, void* context, int threads) {
    const std::lock_guard<std::mutex> turn(turn_);
    if (!grow(threads - 1)) return -1;
    place_members();
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
    pthread_t handle;
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
        std::thread server(&Team::serve, this, member.get(), thread);
        member->handle = server.native_handle();
        server.detach();
      } catch (const std::exception&) {  // no thread, or no memory for it
        return false;
      }
      members_.push_back(std::move(member));
      callers_cpu_ = kNowhere;
    }
    return true;
  }

  // Members go where the caller is not; two on one CPU would wait for each other. Costs
  // a look at the CPU's number unless the caller has moved since its last call.
  void place_members() {
    const int callers = spbench::current_cpu();
    if (callers == callers_cpu_) return;
    callers_cpu_ = callers;
    std::vector<int> cpus = spbench::process_cpus();
    std::erase(cpus, callers);
    if (cpus.empty()) return;
    for (std::size_t i = 0; i < members_.size(); ++i) pin(members_[i]->handle, cpus[i % cpus.size()]);
  }

  void serve(Member* member, int thread) {
    for (unsigned seen = 0;; ++seen) {
      linger(*member, seen);
      member->ticket.wait(seen, std::memory_order_acquire);
      function_(context_, thread, threads_);
      if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
    }
  }

  static void linger(const Member& member, unsigned seen) {
    if (seen == 0) return;  // has not worked yet
    const auto deadline = std::chrono::steady_clock::now() + kSpin;
    while (member.ticket.load(std::memory_order_acquire) == seen &&
           std::chrono::steady_clock::now() < deadline) {
      pause_briefly();
    }
  }

  void join() {
    const auto deadline = std::chrono::steady_clock::now() + kSpin;
    while (busy_.load(std::memory_order_acquire) != 0) {
      if (std::chrono::steady_clock::now() < deadline) {
        pause_briefly();
      } else {
        const int busy = busy_.load(std::memory_order_acquire);
        if (busy != 0) busy_.wait(busy, std::memory_order_acquire);
      }
    }
  }

  static constexpr int kNowhere = -2;

  std::mutex turn_;
  std::vector<std::unique_ptr<Member>> members_;
  int callers_cpu_ = kNowhere;
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
