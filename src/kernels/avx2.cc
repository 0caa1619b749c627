#include "kernels/avx2.h"

#include "kernels/kernels.h"

namespace ruvector::kernels {

const KernelTable kAvx2Table = {
    "avx2",
    avx2::scan,
    avx2::refine,
    avx2::l2_rows,
    avx2::dot_rows,
    avx2::sums,
    avx2::walsh_hadamard,
    avx2::gemm,
    avx2::quantize,
    avx2::select_between,
    avx2::pack_mask,
    {avx2::activate, avx2::layer_norm, avx2::attention, avx2::depthwise, avx2::quantize_bytes,
     avx2::gemm_bytes, avx2::quantize_words, avx2::gemm_words}};

}  // namespace ruvector::kernels
