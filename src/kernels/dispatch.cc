#include "kernels/dispatch.h"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/kernels.h"
#include "ruvector/base/cpu_features.h"

namespace ruvector::kernels {
namespace {

#if defined(__x86_64__)

// __builtin_cpu_supports knows whether the operating system saves the registers as well.
bool runs_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi2");
}

bool runs_avx512() {
  return runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi") &&
         __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("avx512bitalg") && __builtin_cpu_supports("avx512vpopcntdq");
}

constexpr const char* kArchitecture = "x86_64";

#elif defined(__aarch64__)

constexpr const char* kArchitecture = "aarch64";

#else

constexpr const char* kArchitecture = "unknown";

#endif

CpuFeatures find_features() {
  CpuFeatures features;
  features.architecture = kArchitecture;
  features.simd_level = active().name;
  for (const KernelTable* table : supported()) features.available.emplace_back(table->name);
  return features;
}

}  // namespace

std::vector<const KernelTable*> supported() {
  std::vector<const KernelTable*> tables = {&kScalarTable};
#if defined(__x86_64__)
  if (runs_avx2()) tables.push_back(&kAvx2Table);
  if (runs_avx512()) tables.push_back(&kAvx512Table);
#elif defined(__aarch64__)
  tables.push_back(&kNeonTable);
#endif
  return tables;
}

const KernelTable& choose(std::string_view name, const std::vector<const KernelTable*>& tables) {
  if (name.empty()) return *tables.back();
  std::string names;
  for (const KernelTable* table : tables) {
    if (name == table->name) return *table;
    if (!names.empty()) names += ", ";
    names += table->name;
  }
  throw std::invalid_argument("RUVECTOR_SIMD is '" + std::string(name) +
                              "', this processor can run: " + names);
}

const KernelTable& choose_from_environment() {
  const char* name = std::getenv("RUVECTOR_SIMD");
  return choose(name != nullptr ? name : "", supported());
}

const KernelTable& active() {
  static const KernelTable& table = choose_from_environment();
  return table;
}

}  // namespace ruvector::kernels

namespace ruvector {

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = kernels::find_features();
  return features;
}

}  // namespace ruvector
