#include <cstddef>

#include "kernels/lanes_gemm.h"
#include "kernels/neon.h"
#include "kernels/neon_lanes.h"

namespace ruvector::kernels::neon {

void gemm(const float* a, std::size_t lda, std::size_t m, const float* b, std::size_t n,
          std::size_t k, float* c, std::size_t ldc) noexcept {
  multiply_packed<Lanes>(a, lda, m, b, n, k, c, ldc);
}

}  // namespace ruvector::kernels::neon
