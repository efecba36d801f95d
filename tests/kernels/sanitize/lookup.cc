// Lookup kernels.

#include "dispatch/lookup_table.h"
#include "sanitize.h"

void run_lookup(Counts& counts) {
  for (int index = 0; index < lookup_table_size(); ++index) {
    const lookup_entry& kernel = *lookup_table_entry(index);
    if (!counts.admit(kernel)) continue;
    for (const int64_t count : {16, 48, 64, 208, 1040}) {
      const auto table = exact<uint8_t>(256), bytes = exact<uint8_t>(count);
      for (int byte = 0; byte < 256; ++byte) table[byte] = static_cast<uint8_t>(random_int(0, 255));
      std::vector<uint8_t> before(count);
      for (uint8_t& byte : before) byte = random_activation();
      std::copy(before.begin(), before.end(), bytes.get());
      kernel.kernel(table.get(), bytes.get(), count);
      bool is_right = true;
      for (int64_t i = 0; i < count; ++i) is_right &= bytes[i] == table[before[i]];
      counts.check(is_right, kernel.name, std::to_string(count) + " bytes");
    }
  }
}
