// Variables of the environment, for tests.
#pragma once

#include <cstdlib>

namespace ruvector::net {

#ifdef _WIN32
inline void set_variable(const char* name, const char* value) { ::_putenv_s(name, value); }
inline void unset_variable(const char* name) { ::_putenv_s(name, ""); }
#else
inline void set_variable(const char* name, const char* value) { ::setenv(name, value, 1); }
inline void unset_variable(const char* name) { ::unsetenv(name); }
#endif

}  // namespace ruvector::net
