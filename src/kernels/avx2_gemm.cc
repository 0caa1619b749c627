#include <cstddef>

#include "kernels/avx2.h"
#include "kernels/avx2_lanes.h"
#include "kernels/lanes_gemm.h"

namespace ruvector::kernels::avx2 {

void gemm(const float* a, std::size_t lda, std::size_t m, const float* b, std::size_t n,
          std::size_t k, float* c, std::size_t ldc) noexcept {
  multiply_packed<Lanes>(a, lda, m, b, n, k, c, ldc);
}

}  // namespace ruvector::kernels::avx2
