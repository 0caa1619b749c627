#include "base/cpu_quota.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>

#include "base/cpu_affinity.h"

namespace ruvector::base {
namespace {

// Reads an unsigned number at the start of `text` and removes it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<std::size_t> quota_in(const std::filesystem::path& directory) {
  std::ifstream file(directory / "cpu.max");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return parse_cpu_max(line);
}

// The path in the line "0::/path" of the unified hierarchy.
std::optional<std::string> unified_path(const std::filesystem::path& proc_cgroup) {
  std::ifstream file(proc_cgroup);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::/")) return line.substr(4);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> parse_cpu_max(std::string_view text) {
  const std::optional<std::uint64_t> quota = take_number(text);
  if (!quota || text.empty() || text.front() != ' ') return std::nullopt;
  text.remove_prefix(1);
  const std::optional<std::uint64_t> period = take_number(text);
  if (!period || *period == 0) return std::nullopt;
  if (!text.empty() && text != "\n") return std::nullopt;
  const std::uint64_t whole = *quota / *period + (*quota % *period != 0 ? 1 : 0);
  return static_cast<std::size_t>(std::max<std::uint64_t>(1, whole));
}

std::optional<std::size_t> cgroup_cpus(const std::filesystem::path& proc_cgroup,
                                       const std::filesystem::path& mount) {
  const std::optional<std::string> path = unified_path(proc_cgroup);
  if (!path) return std::nullopt;
  std::optional<std::size_t> least = quota_in(mount);
  std::filesystem::path directory = mount;
  for (const std::filesystem::path& part : std::filesystem::path(*path)) {
    directory /= part;
    const std::optional<std::size_t> quota = quota_in(directory);
    if (quota && (!least || *quota < *least)) least = quota;
  }
  return least;
}

std::size_t available_cpus() {
  const std::size_t cpus = affinity_cpus();
  return std::min(cpus, cgroup_cpus("/proc/self/cgroup", "/sys/fs/cgroup").value_or(cpus));
}

}  // namespace ruvector::base
