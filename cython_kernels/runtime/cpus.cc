#include "runtime/cpus.h"

#if defined(__linux__)
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <set>
#include <string>

namespace spbench {
namespace {

// What names a CPU's core: the list of its hardware threads, or itself if that is not told.
std::string core_of(int cpu) {
  const std::string path =
      "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list";
  char text[256] = "";
  if (std::FILE* file = std::fopen(path.c_str(), "r")) {
    const std::size_t length = std::fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    std::fclose(file);
  }
  return *text ? text : std::to_string(cpu);
}

}  // namespace

std::vector<int> process_cpus() {
  cpu_set_t allowed;
  if (sched_getaffinity(getpid(), sizeof allowed, &allowed) != 0) return {};
  std::vector<int> first_of_core, others;
  std::set<std::string> seen;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    (seen.insert(core_of(cpu)).second ? first_of_core : others).push_back(cpu);
  }
  first_of_core.insert(first_of_core.end(), others.begin(), others.end());
  return first_of_core;
}

int current_cpu() { return sched_getcpu(); }

}  // namespace spbench

#else

namespace spbench {

std::vector<int> process_cpus() { return {}; }

int current_cpu() { return -1; }

}  // namespace spbench

#endif
