// CPU time of this process, with what its other threads burn at this very moment.
//
// Linux brings CLOCK_PROCESS_CPUTIME_ID up to date for the thread that asks; a thread that
// runs on another core is counted as of its last tick, 1 to 10 ms ago, which is longer than a
// turn. Asking for the clock of one thread brings that thread up to date (it takes the run
// queue's lock for it, under 1 us). So every thread is asked first, then the process, which
// also counts the threads that have ended. Threads are listed beforehand, in `list_threads`:
// reading a directory takes 10 us, the clocks are read next to the timed calls.
#pragma once

#include <ctime>

#include <cstdint>
#include <vector>

#ifdef __linux__
#include <dirent.h>

#include <cstdlib>
#endif

namespace spbench::replay {

inline std::int64_t now_ns(clockid_t clock) noexcept {
  timespec time;
  if (clock_gettime(clock, &time) != 0) return 0;  // the thread has ended
  return std::int64_t{1'000'000'000} * time.tv_sec + time.tv_nsec;
}

class ProcessCpuClock {
 public:
  // Finds the threads that there are now. One that starts later is counted by its ticks.
  void list_threads() {
    threads_.clear();
#ifdef __linux__
    DIR* folder = opendir("/proc/self/task");
    if (folder == nullptr) return;
    while (const dirent* entry = readdir(folder)) {
      if (const long id = std::atol(entry->d_name); id > 0) threads_.push_back(clock_of(id));
    }
    closedir(folder);
#endif
  }

  std::int64_t now_ns() const noexcept {
    for (const clockid_t thread : threads_) replay::now_ns(thread);
    return replay::now_ns(CLOCK_PROCESS_CPUTIME_ID);
  }

 private:
  // As in clock_getcpuclockid(3) and the kernel's posix-timers.h: the inverted id, then 4 for
  // one thread and 2 for the scheduler's clock.
  static clockid_t clock_of(long thread) noexcept {
    return static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3) | 6u);
  }

  std::vector<clockid_t> threads_;
};

}  // namespace spbench::replay
