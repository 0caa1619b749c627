// The encoders' kernels in float: the templates of lanes_*.h with the registers of this level.
#include <cstddef>

#include "kernels/avx2.h"
#include "kernels/avx2_lanes.h"
#include "kernels/encoder_kernels.h"
#include "kernels/lanes_attention.h"
#include "kernels/lanes_curves.h"
#include "kernels/lanes_depthwise.h"
#include "kernels/lanes_layer_norm.h"

namespace ruvector::kernels::avx2 {

void activate(float* x, std::size_t stride, std::size_t rows, std::size_t columns,
              const float* bias, Activation activation) noexcept {
  activate_all<Lanes>(x, stride, rows, columns, bias, activation);
}

void layer_norm(const float* x, const float* bias, const float* residual, std::size_t rows,
                std::size_t dim, const float* scale, const float* shift, float epsilon,
                float* out) noexcept {
  normalise_rows<Lanes>(x, bias, residual, rows, dim, scale, shift, epsilon, out);
}

void attention(const Attention& attention) noexcept { attend<Lanes>(attention); }

void depthwise(const Depthwise& convolution) noexcept { convolve_depthwise<Lanes>(convolution); }

}  // namespace ruvector::kernels::avx2
