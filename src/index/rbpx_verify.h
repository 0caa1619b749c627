// The slow part of load(verify): whether the values of a loaded index make sense.
// Thread-safe: a function of its arguments.
#pragma once

#include <filesystem>

#include "index/state.h"

namespace ruvector::index {

// Looks at every value: ids differ, rows are finite, factors are in their ranges, lanes without a
// vector are empty. `path` is for messages. Throws PersistError.
void verify_state(const State& state, const std::filesystem::path& path);

}  // namespace ruvector::index
