// The program that runs the tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

namespace ruvector::base {

// Its path as it was called, which is found as long as nobody changes the working directory.
inline std::filesystem::path this_program() { return testing::internal::GetArgvs().front(); }

}  // namespace ruvector::base
