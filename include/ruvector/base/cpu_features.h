// Which instruction sets the processor has and which kernels are in use.
// Thread-safe: the answer is found once and never changes.
#pragma once

#include <string>
#include <vector>

namespace ruvector {

struct CpuFeatures {
  std::string architecture;            // "x86_64", "aarch64"
  std::string simd_level;              // kernels in use: "scalar", "avx2", "avx512", "neon"
  std::vector<std::string> available;  // every level that this processor can run, lowest first
};

// RUVECTOR_SIMD=scalar|avx2|avx512|neon lowers simd_level; a level that the processor lacks, or an
// unknown name, throws std::invalid_argument.
const CpuFeatures& cpu_features();

}  // namespace ruvector
