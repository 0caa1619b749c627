// How many CPUs this process may use: its affinity mask and its cgroup's share.
// Thread-safe.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

namespace ruvector::base {

// The text of a cgroup v2 `cpu.max` file ("200000 100000") as whole CPUs, rounded up, at least 1.
// None for "max" or for text that cannot be read.
std::optional<std::size_t> parse_cpu_max(std::string_view text);

// The least quota of the cgroup that `proc_cgroup` ("/proc/self/cgroup") names and its ancestors
// below `mount` ("/sys/fs/cgroup"); none when there is none.
std::optional<std::size_t> cgroup_cpus(const std::filesystem::path& proc_cgroup,
                                       const std::filesystem::path& mount);

// The smaller of this process's quota and of affinity_cpus().
std::size_t available_cpus();

}  // namespace ruvector::base
