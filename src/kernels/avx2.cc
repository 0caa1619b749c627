#include "kernels/avx2.h"

#include "kernels/kernels.h"

namespace ruvector::kernels {

const KernelTable kAvx2Table = {"avx2",         avx2::scan, avx2::refine,         avx2::l2_rows,
                                avx2::dot_rows, avx2::sums, avx2::walsh_hadamard, avx2::gemm,
                                avx2::quantize};

}  // namespace ruvector::kernels
