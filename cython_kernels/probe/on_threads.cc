#include "probe/on_threads.h"

#include "runtime/thread_team.h"

namespace {

struct Work {
  int64_t (*loop)(int64_t turns);
  int64_t turns;
  int64_t done_by_one;  // every thread does the same; the caller's share tells
};

void run_share(void* context, int thread, int /*threads*/) {
  Work* work = static_cast<Work*>(context);
  const int64_t done = work->loop(work->turns);
  if (thread == 0) work->done_by_one = done;
}

}  // namespace

int64_t probe_on_threads(int64_t (*loop)(int64_t turns), int64_t turns, int threads) {
  if (threads == 1) return loop(turns);
  Work work{loop, turns, 0};
  if (team_run(run_share, &work, threads) != 0) return -1;
  return work.done_by_one * threads;
}
