#include "kernels/avx512.h"

#include "kernels/kernels.h"

namespace ruvector::kernels {

const KernelTable kAvx512Table = {
    "avx512",     avx512::scan,           avx512::refine, avx512::l2_rows, avx512::dot_rows,
    avx512::sums, avx512::walsh_hadamard, avx512::gemm,   avx512::quantize};

}  // namespace ruvector::kernels
