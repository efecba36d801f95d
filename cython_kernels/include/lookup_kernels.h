// Declares every lookup kernel of epilogue/lookups.inc.
#pragma once

#include "dispatch/cpu_features.h"
#include "epilogue.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LOOKUP_KERNEL(name, isa, features) \
  void name(const uint8_t* table, uint8_t* bytes, int64_t count);
#include "epilogue/lookups.inc"
#undef LOOKUP_KERNEL

#ifdef __cplusplus
}
#endif
