// Block rows shared out among threads.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Fills row_split [threads + 1] so that all threads have about the same work: the groups of a block
// row, and its stores, which cost about two groups.
void spbench_split_rows(const int64_t* group_begin, int64_t block_rows, int threads,
                        int64_t* row_split);

#ifdef __cplusplus
}
#endif
