// The version of the library: the one place where it is written.
#pragma once

namespace ruvector {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace ruvector
