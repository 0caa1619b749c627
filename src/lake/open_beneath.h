// Thread-safe.
#pragma once

#include <string>

namespace ruvector::lake {

// Opens the file `name` of a directory for reading; no link leads out of the directory. A
// descriptor, or -1 with errno, which is EXDEV for a link that would.
int open_beneath(int directory, const std::string& name);

// How it is done where the kernel, as Linux before 5.6, or a sandbox has no openat2(): only links
// to another file of the same directory are followed.
int open_without_openat2(int directory, std::string name);

}  // namespace ruvector::lake
