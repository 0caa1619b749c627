#include "index/rotation.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "base/random.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kRounds = 4;

// Row-major orthonormal (dims, dims). Modified Gram-Schmidt in double, each row twice, so that the
// rows stay orthogonal to rounding.
std::vector<double> random_orthonormal(std::size_t dims, std::uint64_t seed) {
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
  return matrix;
}

// y = M x as x^T * B with B = M^T: B's panels hold column j = row j of M.
std::vector<float> pack_transposed(const std::vector<double>& matrix, std::size_t dims) {
  const std::size_t panels = (dims + kernels::kPanelColumns - 1) / kernels::kPanelColumns;
  std::vector<float> packed(panels * dims * kernels::kPanelColumns);
  for (std::size_t j = 0; j < dims; ++j) {
    const std::size_t panel = j / kernels::kPanelColumns;
    float* column = &packed[panel * dims * kernels::kPanelColumns + j % kernels::kPanelColumns];
    for (std::size_t d = 0; d < dims; ++d) {
      column[d * kernels::kPanelColumns] = static_cast<float>(matrix[j * dims + d]);
    }
  }
  return packed;
}

void flip_signs(float* x, std::size_t n, const std::uint64_t* signs) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto flip = static_cast<std::uint32_t>((signs[i / 64] >> (i % 64)) & 1U) << 31U;
    x[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x[i]) ^ flip);
  }
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
  std::vector<std::uint64_t> signs(kRounds * dims / 64);
  for (std::uint64_t& word : signs) word = random.next_u64();
  signs_ = std::make_shared<const std::vector<std::uint64_t>>(std::move(signs));
}

std::size_t Rotation::bytes() const noexcept {
  return dense() ? panels_->size() * sizeof(float) : signs_->size() * sizeof(std::uint64_t);
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
  for (std::size_t round = 0; round < kRounds; ++round) {
    flip_signs(x, dims_, signs_->data() + round * dims_ / 64);
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
