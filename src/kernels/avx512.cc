#include "kernels/avx512.h"

#include "kernels/kernels.h"

namespace ruvector::kernels {

const KernelTable kAvx512Table = {
    "avx512",
    avx512::scan,
    avx512::refine,
    avx512::l2_rows,
    avx512::dot_rows,
    avx512::sums,
    avx512::walsh_hadamard,
    avx512::gemm,
    avx512::quantize,
    avx512::select_between,
    avx512::pack_mask,
    {avx512::activate, avx512::layer_norm, avx512::attention, avx512::depthwise,
     avx512::quantize_bytes, avx512::gemm_bytes, avx512::quantize_words, avx512::gemm_words}};

}  // namespace ruvector::kernels
