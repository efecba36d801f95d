// Which CPUs the process may use, in the order in which threads should take them.
#pragma once

#include <vector>

namespace spbench {

// CPUs of the process (its main thread's affinity) at this moment: one hardware thread of
// each core first, then the others, ascending in both. Empty where the system does not tell.
std::vector<int> process_cpus();

// The CPU that the calling thread is on; -1 where the system does not tell.
int current_cpu();

}  // namespace spbench
