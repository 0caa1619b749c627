#include "kernels/neon.h"

#include "kernels/kernels.h"
#include "kernels/scalar.h"

namespace ruvector::kernels {

const KernelTable kNeonTable = {
    "neon",
    neon::scan,
    neon::refine,
    neon::l2_rows,
    neon::dot_rows,
    neon::sums,
    neon::walsh_hadamard,
    neon::gemm,
    neon::quantize,
    {neon::activate, neon::layer_norm, neon::attention, neon::depthwise,
     scalar::quantize_bytes, scalar::gemm_bytes, scalar::quantize_words, scalar::gemm_words}};

}  // namespace ruvector::kernels
