// A probe on several threads at the same time.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Runs loop(turns) on `threads` threads of the team, each on a core of its own as far as there are
// cores, and returns what they have done together; -1 if threads cannot be started.
int64_t probe_on_threads(int64_t (*loop)(int64_t turns), int64_t turns, int threads);

#ifdef __cplusplus
}
#endif
