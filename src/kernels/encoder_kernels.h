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

// The left side of gemm_bytes(): rows of bytes, each with its scale, and beside them the columns
// that stay float32 because they are too large for the bytes of the others.
struct ByteRows {
  const std::uint8_t* bytes;
  std::size_t stride;
  const ByteScale* scales;
  const float* exact;  // `exact_stride` apart, ByteColumns::exact_rows of them
  std::size_t exact_stride;
};

// The right side of gemm_bytes(), packed in panels of kPanelColumns columns: for each group of 4 k
// the 4 values of each column together, panel[k / 4][column][k % 4]. The last panel is padded with
// zeros, and so are `scales` and `sums`. All values are from -127 to 127.
struct ByteColumns {
  const std::int8_t* bytes;
  const float* scales;       // what 1 stands for in each column
  const std::int32_t* sums;  // over k of each column
  const float* exact;        // packed as for gemm()
  std::size_t exact_rows;
};

// The right side of gemm_words(): packed as for bytes but in groups of 2 k, with `scales` as well.
struct WordColumns {
  const std::int16_t* words;  // from -2047 to 2047
  const float* scales;
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

  // --- integers. Sums are exact, so they have no order. Values to be quantised are finite, at
  // most kMostQuantised in magnitude. round() goes to the nearest, ties to even.

  // Bytes for each row of v[c] = x[c] * factors[c] (factors may be null: all 1):
  //   low = min(v, 0), high = max(v, 0) over the row, range = high - low
  //   scale = range / 255, but 1 when range < kLeastQuantised; inverse = 1 / scale
  //   zero = round(-low * inverse), byte = clamp(round(v * inverse) + zero, 0, 255)
  // `columns` is a multiple of 4; rows of x `stride` floats, rows of out `out_stride` bytes apart.
  void (*quantize_bytes)(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                         const float* factors, std::uint8_t* out, std::size_t out_stride,
                         ByteScale* scales) noexcept;

  // C (m x n, row stride ldc), k a multiple of 4, at most kMostByteDepth:
  //   sum     = sum over k of (a.bytes[r][k] - zero[r]) * b.bytes[k][c]
  //   C[r][c] = float(sum) * (a.scales[r] * b.scales[c]),
  //             then in rising e fma(a.exact[r][e], b.exact[e][c], C[r][c])
  void (*gemm_bytes)(const ByteRows& a, std::size_t m, const ByteColumns& b, std::size_t n,
                     std::size_t k, float* c, std::size_t ldc) noexcept;

  // 12 bits in 16 for each row: most = max |x|, scale = most / 2047, but 1 when most <
  // kLeastQuantised; out = round(x * (1 / scale)). `columns` is a multiple of 2.
  void (*quantize_words)(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                         std::int16_t* out, std::size_t out_stride, float* scales) noexcept;

  // C[r][c] = total * (row_scales[r] * b.scales[c]), k a multiple of 2, total from 0:
  //   in rising order for each chunk of kWordChunk k: total = total + float(sum over the chunk of
  //   a[r][k] * b.words[k][c]); |a| <= 2047, so that a chunk's sum fits 32 bits
  void (*gemm_words)(const std::int16_t* a, std::size_t lda, const float* row_scales, std::size_t m,
                     const WordColumns& b, std::size_t n, std::size_t k, float* c,
                     std::size_t ldc) noexcept;
};

inline constexpr float kLeastQuantised = 1e-30f;      // less is zero
inline constexpr float kMostQuantised = 1e30f;        // so that no range is infinite
inline constexpr std::size_t kMostByteDepth = 32768;  // so that sums fit 32 bits
inline constexpr std::size_t kWordChunk = 384;        // k of gemm_words() summed in 32 bits

// Floats of scratch for attention(), 64-byte aligned: the keys and some rows of scores.
inline constexpr std::size_t kAttentionTokens = 512;
inline constexpr std::size_t kAttentionDim = 64;
inline constexpr std::size_t kAttentionScratch = kAttentionTokens * (kAttentionDim + 16);

}  // namespace ruvector::kernels
