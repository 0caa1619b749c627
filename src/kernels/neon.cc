#include "kernels/neon.h"

#include "kernels/kernels.h"

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
    neon::select_between,
    neon::pack_mask,
    {neon::activate, neon::layer_norm, neon::attention, neon::depthwise, neon::quantize_bytes,
     neon::gemm_bytes, neon::quantize_words, neon::gemm_words}};

}  // namespace ruvector::kernels
