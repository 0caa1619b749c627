// Variables of the environment, for tests: while nothing else reads them.
#pragma once

#include <stdlib.h>

#include <string>

namespace ruvector::base {

#ifdef _WIN32
inline constexpr const char* kHomeVariable = "USERPROFILE";
inline constexpr const char* kTemporaryVariable = "TMP";
inline void set_variable(const std::string& name, const std::string& value) {
  ::_putenv_s(name.c_str(), value.c_str());
}
inline void remove_variable(const std::string& name) { ::_putenv_s(name.c_str(), ""); }
#else
inline constexpr const char* kHomeVariable = "HOME";
inline constexpr const char* kTemporaryVariable = "TMPDIR";
inline void set_variable(const std::string& name, const std::string& value) {
  ::setenv(name.c_str(), value.c_str(), 1);
}
inline void remove_variable(const std::string& name) { ::unsetenv(name.c_str()); }
#endif

}  // namespace ruvector::base
