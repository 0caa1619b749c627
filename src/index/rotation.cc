#include "index/rotation.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/random.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

// Row-major orthonormal (dims, dims). Modified Gram-Schmidt in double, each row twice, so that the
// rows stay orthogonal to rounding.
std::vector<float> random_orthonormal(std::size_t dims, std::uint64_t seed) {
  base::Random random(seed);
  std::vector<double> matrix(dims * dims);
  for (double& value : matrix) value = random.gaussian_like();
  for (std::size_t i = 0; i < dims; ++i) {
    double* row = &matrix[i * dims];
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t j = 0; j < i; ++j) {
        const double* other = &matrix[j * dims];
        double dot = 0;
        for (std::size_t d = 0; d < dims; ++d) dot += row[d] * other[d];
        for (std::size_t d = 0; d < dims; ++d) row[d] -= dot * other[d];
      }
    }
    double squares = 0;
    for (std::size_t d = 0; d < dims; ++d) squares += row[d] * row[d];
    const double scale = 1.0 / std::sqrt(squares);
    for (std::size_t d = 0; d < dims; ++d) row[d] *= scale;
  }
  return {matrix.begin(), matrix.end()};
}

// Where entry (j, d) of the matrix lies in the panels: B's column j is row j of M.
std::size_t panel_place(std::size_t dims, std::size_t j, std::size_t d) {
  const std::size_t panel = j / kernels::kPanelColumns;
  return (panel * dims + d) * kernels::kPanelColumns + j % kernels::kPanelColumns;
}

// y = M x as x^T * B with B = M^T.
std::vector<float> pack_transposed(std::span<const float> matrix, std::size_t dims) {
  const std::size_t panels = (dims + kernels::kPanelColumns - 1) / kernels::kPanelColumns;
  std::vector<float> packed(panels * dims * kernels::kPanelColumns);
  for (std::size_t j = 0; j < dims; ++j) {
    for (std::size_t d = 0; d < dims; ++d) packed[panel_place(dims, j, d)] = matrix[j * dims + d];
  }
  return packed;
}

void flip_signs(float* x, std::size_t n, const std::uint32_t* signs) {
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x[i]) ^ signs[i]);
  }
}

// One bit each as the sign bit of a word each: they are flipped a register at a time.
std::shared_ptr<const std::vector<std::uint32_t>> sign_masks(std::span<const std::uint64_t> bits) {
  std::vector<std::uint32_t> masks(bits.size() * 64);
  for (std::size_t i = 0; i < masks.size(); ++i) {
    masks[i] = static_cast<std::uint32_t>(bits[i / 64] >> (i % 64) & 1U) << 31U;
  }
  return std::make_shared<const std::vector<std::uint32_t>>(std::move(masks));
}

void butterfly_halves(float* x, std::size_t n) {
  float* upper = x + n / 2;
  for (std::size_t i = 0; i < n / 2; ++i) {
    const float a = x[i];
    const float b = upper[i];
    x[i] = a + b;
    upper[i] = a - b;
  }
}

}  // namespace

Rotation::Rotation(std::size_t dims, std::uint64_t seed) : dims_(dims) {
  if (dense()) {
    panels_ = std::make_shared<const std::vector<float>>(
        pack_transposed(random_orthonormal(dims, seed), dims));
    return;
  }
  base::Random random(seed);
  std::vector<std::uint64_t> signs(kRotationRounds * dims / 64);
  for (std::uint64_t& word : signs) word = random.next_u64();
  signs_ = sign_masks(signs);
}

Rotation::Rotation(std::size_t dims, std::span<const float> matrix)
    : dims_(dims),
      panels_(std::make_shared<const std::vector<float>>(pack_transposed(matrix, dims))) {}

Rotation::Rotation(std::size_t dims, std::span<const std::uint64_t> signs)
    : dims_(dims), signs_(sign_masks(signs)) {}

std::vector<float> Rotation::matrix() const {
  if (!dense()) return {};
  std::vector<float> matrix(dims_ * dims_);
  for (std::size_t j = 0; j < dims_; ++j) {
    for (std::size_t d = 0; d < dims_; ++d) {
      matrix[j * dims_ + d] = (*panels_)[panel_place(dims_, j, d)];
    }
  }
  return matrix;
}

std::vector<std::uint64_t> Rotation::signs() const {
  if (dense()) return {};
  std::vector<std::uint64_t> words(signs_->size() / 64);
  for (std::size_t i = 0; i < signs_->size(); ++i) {
    words[i / 64] |= std::uint64_t{(*signs_)[i] >> 31U} << (i % 64);
  }
  return words;
}

std::size_t Rotation::bytes() const noexcept {
  return dense() ? panels_->size() * sizeof(float) : signs_->size() * sizeof(std::uint32_t);
}

void Rotation::apply(const float* in, std::size_t count, float* out) const {
  if (dense()) {
    kernels::active().gemm(in, dims_, count, panels_->data(), dims_, dims_, out, dims_);
    return;
  }
  std::memcpy(out, in, count * dims_ * sizeof(float));
  for (std::size_t i = 0; i < count; ++i) apply_fht_kac(out + i * dims_);
}

void Rotation::apply_fht_kac(float* x) const {
  const std::size_t span = std::bit_floor(dims_);
  const bool whole = span == dims_;
  for (std::size_t round = 0; round < kRotationRounds; ++round) {
    flip_signs(x, dims_, signs_->data() + round * dims_);
    float* part = round % 2 == 0 ? x : x + (dims_ - span);
    kernels::active().walsh_hadamard(part, span);
    const float scale = 1.0F / std::sqrt(static_cast<float>(span));
    for (std::size_t i = 0; i < span; ++i) part[i] *= scale;
    if (!whole) {
      butterfly_halves(x, dims_);
      const float half = std::sqrt(0.5F);
      for (std::size_t i = 0; i < dims_; ++i) x[i] *= half;
    }
  }
}

}  // namespace ruvector::index
