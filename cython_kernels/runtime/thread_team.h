// One team of threads for the whole process, entered once a call.
//
// Between calls its threads sleep in the kernel (futex), after a last look for 50 microseconds;
// none of them spins longer, so that another library or process has the cores to itself. Inside a call the caller takes
// part as thread 0 and waits for the others, first by spinning for a bounded time,
// then asleep. Members are pinned to the CPUs of the process, one to a core as long as there
// are cores, the caller's left out; the caller stays where its owner put it.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*team_function)(void* context, int thread, int threads);

// Calls function(context, 0 .. threads - 1, threads) at the same time and returns when
// all have returned. Callers take turns. Returns 0, or -1 if threads cannot be started
// (then nothing was called).
int team_run(team_function function, void* context, int threads);

#ifdef __cplusplus
}
#endif
