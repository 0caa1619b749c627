// The kernels of the encoders (BERT, MobileNetV3): a part of the table of each instruction set.
// "tree", "chain" and "fma" are defined in kernels.h; so is the packing of gemm()'s right side. exp
// and gelu are the same operations on every level, see curves.h. A NaN gives NaN.
// Thread-safe: kernels are pure functions of their arguments. Plain types only, see kernels.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ruvector::kernels {

enum class Activation : std::uint32_t {
  none,
  relu,          // max(x, 0)
  hard_swish,    // x * min(max(x + 3, 0), 6) * (1 / 6)
  hard_sigmoid,  // min(max(x + 3, 0), 6) * (1 / 6)
  gelu,          // x * (1 + erf(x / sqrt 2)) / 2, absolute error at most 3e-7 for |x| <= 10
};

// One head of self-attention over the tokens of one text. Row t of queries, keys and values begins
// at t * stride, of out at t * out_stride; each has `head_dim` values. Queries are scaled already.
//   score[i][j] = chain over d of query[i][d] * key[j][d]
//   p[i][j]     = exp(max(score[i][j] - max over j of score[i][j], kExpFloor)), relative error at
//   most 3e-7
//   out[i][d]   = (chain over j of p[i][j] * value[j][d]) * (1 / tree sum over j of p[i][j])
struct Attention {
  const float* queries;
  const float* keys;
  const float* values;
  std::size_t stride;
  std::size_t tokens;    // 1..kAttentionTokens
  std::size_t head_dim;  // a multiple of 16, at most kAttentionDim
  float* scratch;        // kAttentionScratch floats
  float* out;
  std::size_t out_stride;
};

// A convolution of each channel by itself, images as (height, width, channels). Output pixel (y, x)
// is the chain over taps (dy, dx), rows first, of input[y * step + dy - kernel / 2][...] * weight,
// taps outside of the image left out; then + bias, then the activation. The output has
// (height - 1) / step + 1 rows and (width - 1) / step + 1 columns.
struct Depthwise {
  const float* input;
  std::size_t height;
  std::size_t width;
  std::size_t channels;
  const float* weights;  // (kernel * kernel, channels)
  std::size_t kernel;    // 3 or 5
  std::size_t step;      // 1 or 2
  const float* bias;     // channels
  Activation activation;
  float* output;
};

// What a row of unsigned bytes stands for: value = scale * (byte - zero).
struct ByteScale {
  float scale;
  std::int32_t zero;
};

struct EncoderKernels {
  // x[r][c] = activation(x[r][c] + bias[c]) in place, rows `stride` apart. `bias` may be null.
  void (*activate)(float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                   const float* bias, Activation activation) noexcept;

  // For each row, s = (x + bias) + residual (bias and residual may be null):
  //   mean = tree(s) * (1 / dim), d = s - mean, variance = tree(d^2) * (1 / dim)
  //   out  = fma(d * (1 / sqrt(variance + epsilon)), scale, shift)
  // Rows are dim floats without gaps; out may be x or residual.
  void (*layer_norm)(const float* x, const float* bias, const float* residual, std::size_t rows,
                     std::size_t dim, const float* scale, const float* shift, float epsilon,
                     float* out) noexcept;

  void (*attention)(const Attention& attention) noexcept;

  void (*depthwise)(const Depthwise& convolution) noexcept;

  // --- integers. Sums are exact, so they have no order.
  // Bytes for each row: scale = (max(high, 0) - min(low, 0)) / 255 over the row's values, 1 for a
  // row of zeros; zero = round(-min(low, 0) / scale); byte = clamp(round(x / scale) + zero, 0,
  // 255), ties to even, the division as a multiplication by 1 / scale. `columns` is a multiple of
  // 4; rows of x `stride` floats, rows of out `out_stride` bytes apart.
  void (*quantize_bytes)(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                         std::uint8_t* out, std::size_t out_stride, ByteScale* scales) noexcept;

  // C[r][c] = float(sum over k of a[r][k] * b[k][c] - zero[r] * column_sums[c])
  //           * (scale[r] * column_scales[c]), k a multiple of 4.
  // B is packed: panels of kPanelColumns columns, in a panel for each group of 4 k the 4 values of
  // each column together: panel[k / 4][column][k % 4]; the last panel padded with zeros, and so are
  // column_scales and column_sums.
  void (*gemm_bytes)(const std::uint8_t* a, std::size_t lda, const ByteScale* row_scales,
                     std::size_t m, const std::int8_t* b, const float* column_scales,
                     const std::int32_t* column_sums, std::size_t n, std::size_t k, float* c,
                     std::size_t ldc) noexcept;

  // 12 bits in 16 for each row: scale = max |x| / 2047, 1 for a row of zeros; out = round(x /
  // scale) as above. `columns` is a multiple of 2.
  void (*quantize_words)(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                         std::int16_t* out, std::size_t out_stride, float* scales) noexcept;

  // C[r][c] = (sum over chunks of 384 k, in order, of float(sum over the chunk of a[r][k] *
  // b[k][c]))
  //           * (row_scales[r] * column_scales[c]), k a multiple of 2; |a|, |b| <= 2047, so that a
  // chunk's sum fits 32 bits. B is packed as for bytes but in groups of 2 k.
  void (*gemm_words)(const std::int16_t* a, std::size_t lda, const float* row_scales, std::size_t m,
                     const std::int16_t* b, const float* column_scales, std::size_t n,
                     std::size_t k, float* c, std::size_t ldc) noexcept;
};

inline constexpr std::size_t kWordChunk = 384;  // k of gemm_words() summed in 32 bits

// Floats of scratch for attention(), 64-byte aligned: the keys and some rows of scores.
inline constexpr std::size_t kAttentionTokens = 512;
inline constexpr std::size_t kAttentionDim = 64;
inline constexpr std::size_t kAttentionScratch = kAttentionTokens * (kAttentionDim + 16);

}  // namespace ruvector::kernels
