/* A team of OpenMP threads, each of which makes one call: for libraries whose kernels know no
 * threads and whose own examples run them in a parallel loop. */
typedef struct {
  void (*function)(void* context);
  void** contexts; /* one for each thread */
  int count;
} OmpCalls;

void omp_calls(const OmpCalls* calls) {
#pragma omp parallel for schedule(static, 1) num_threads(calls->count)
  for (int i = 0; i < calls->count; ++i) calls->function(calls->contexts[i]);
}
