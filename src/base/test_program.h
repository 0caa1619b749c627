// The program that runs the tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

extern char** environ;  // POSIX has it, but not every system's headers

namespace ruvector::base {

// Its path as it was called, which is found as long as nobody changes the working directory.
inline std::filesystem::path this_program() { return testing::internal::GetArgvs().front(); }

}  // namespace ruvector::base
