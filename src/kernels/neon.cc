#include "kernels/neon.h"

#include "kernels/kernels.h"

namespace ruvector::kernels {

const KernelTable kNeonTable = {"neon",         neon::scan, neon::refine,         neon::l2_rows,
                                neon::dot_rows, neon::sums, neon::walsh_hadamard, neon::gemm,
                                neon::quantize};

}  // namespace ruvector::kernels
