// Files of an open directory by their names: no name leads elsewhere and no link is followed, not
// even one that takes a file's place at the last moment.
// Thread-safe. Functions give 0 or a descriptor, or -1 with errno, unless they say otherwise.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_status.h"

namespace ruvector::base {

// Whether the system can have a file of this name in a directory, by its usual calls.
bool can_name_a_file(std::string_view name);

int open_directory(const std::filesystem::path& path) noexcept;

// What the name is; none with errno.
std::optional<FileKind> kind_in(int directory, const std::string& name);

// Makes a new file for reading and writing that is to take the place of `old`: whoever may not read
// that may not read this. Where there is no `old` it may be read by whom the system lets.
int create_in(int directory, const std::string& name, const std::string& old);

// Puts the file, which create_in() made, in place of what is called `to`. On Windows ETXTBSY says
// that it may not be replaced, perhaps because a program has it open or mapped.
int rename_in(int directory, const std::string& from, const std::string& to);

int remove_in(int directory, const std::string& name) noexcept;

}  // namespace ruvector::base
