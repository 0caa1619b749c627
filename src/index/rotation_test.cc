#include "index/rotation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

std::vector<float> rotated(const Rotation& rotation, const std::vector<float>& in,
                           std::size_t count) {
  std::vector<float> out(in.size());
  rotation.apply(in.data(), count, out.data());
  return out;
}

double dot(const float* a, const float* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

// Images of unit vectors: rows e_first, e_first+step, ...
std::vector<float> images(const Rotation& rotation, std::size_t count, std::size_t step) {
  std::vector<float> units(count * rotation.dims());
  for (std::size_t i = 0; i < count; ++i) units[i * rotation.dims() + i * step] = 1.0F;
  return rotated(rotation, units, count);
}

void expect_orthonormal(const std::vector<float>& rows, std::size_t dims) {
  const std::size_t count = rows.size() / dims;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      ASSERT_NEAR(dot(&rows[i * dims], &rows[j * dims], dims), i == j ? 1.0 : 0.0, 1e-5)
          << "dims " << dims << ", images " << i << " and " << j;
    }
  }
}

TEST(Rotation, ImagesOfUnitVectorsAreOrthonormal) {
  for (std::size_t dims = 64; dims <= 256; dims += 64) {
    expect_orthonormal(images(Rotation(dims, 3), dims, 1), dims);
  }
  for (std::size_t dims = 320; dims <= 1024; dims += 64) {
    expect_orthonormal(images(Rotation(dims, 3), 64, dims / 64), dims);
  }
}

TEST(Rotation, ImagesOfUnitVectorsAreOrthonormalInTheHighestDimension) {
  expect_orthonormal(images(Rotation(8192, 3), 24, 8192 / 24), 8192);
}

TEST(Rotation, IsDenseUpTo256Dimensions) {
  EXPECT_TRUE(Rotation(256, 1).dense());
  EXPECT_FALSE(Rotation(320, 1).dense());
  EXPECT_GE(Rotation(256, 1).bytes(), 256U * 256U * sizeof(float));
  EXPECT_EQ(Rotation(320, 1).bytes(), kRotationRounds * 320U * sizeof(std::uint32_t));
}

TEST(Rotation, KeepsNormsAndInnerProducts) {
  for (const std::size_t dims : {64U, 128U, 192U, 256U, 384U, 512U, 768U, 1024U, 1600U}) {
    const TestVectors data = gaussian_vectors(8, dims, dims);
    const std::vector<float> out = rotated(Rotation(dims, 9), data.values, 8);
    for (std::size_t i = 0; i < 8; ++i) {
      const double before = dot(&data.values[i * dims], &data.values[0], dims);
      const double after = dot(&out[i * dims], &out[0], dims);
      EXPECT_NEAR(after, before, 1e-5 * static_cast<double>(dims)) << "dims " << dims;
    }
  }
}

TEST(Rotation, TheSameSeedGivesTheSameBits) {
  for (const std::size_t dims : {128U, 384U}) {
    const TestVectors data = gaussian_vectors(5, dims, 1);
    EXPECT_EQ(rotated(Rotation(dims, 42), data.values, 5),
              rotated(Rotation(dims, 42), data.values, 5));
  }
}

TEST(Rotation, DifferentSeedsGiveUnrelatedRotations) {
  for (const std::size_t dims : {128U, 384U}) {
    const TestVectors data = gaussian_vectors(1, dims, 1);
    const std::vector<float> a = rotated(Rotation(dims, 42), data.values, 1);
    const std::vector<float> b = rotated(Rotation(dims, 43), data.values, 1);
    const double cosine = dot(a.data(), b.data(), dims) / dot(a.data(), a.data(), dims);
    EXPECT_LT(std::fabs(cosine), 5.0 / std::sqrt(static_cast<double>(dims)));
  }
}

TEST(Rotation, RowsDoNotDependOnTheirBatch) {
  for (const std::size_t dims : {192U, 448U}) {
    const TestVectors data = gaussian_vectors(37, dims, 4);
    const Rotation rotation(dims, 7);
    const std::vector<float> together = rotated(rotation, data.values, 37);
    for (std::size_t i = 0; i < 37; ++i) {
      const std::vector<float> row(data.row(i).begin(), data.row(i).end());
      const std::vector<float> alone = rotated(rotation, row, 1);
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), &together[i * dims])) << "row " << i;
    }
  }
}

// Without mixing, a vector along one axis would keep its sign pattern and have a useless code.
TEST(Rotation, SpreadsAnAxisOverAllDimensions) {
  for (const std::size_t dims : {64U, 256U, 320U, 384U, 640U, 1024U, 8192U}) {
    const std::vector<float> axes = images(Rotation(dims, 5), 8, dims / 8);
    for (std::size_t i = 0; i < 8; ++i) {
      double magnitudes = 0;
      for (std::size_t d = 0; d < dims; ++d) {
        magnitudes += std::fabs(static_cast<double>(axes[i * dims + d]));
      }
      // |r|_1 / (sqrt(D) |r|_2): 0.798 for a random direction, 1 / sqrt(D) for an axis.
      EXPECT_NEAR(magnitudes / std::sqrt(static_cast<double>(dims)), std::sqrt(2.0 / M_PI), 0.16)
          << "dims " << dims << ", axis " << i;
    }
  }
}

TEST(Rotation, IsRestoredFromItsMatrixOrSigns) {
  const TestVectors small = gaussian_vectors(3, 128, 2);
  const Rotation dense(128, 11);
  EXPECT_TRUE(dense.signs().empty());
  EXPECT_EQ(rotated(Rotation(128, dense.matrix()), small.values, 3),
            rotated(dense, small.values, 3));
  const TestVectors large = gaussian_vectors(3, 448, 2);
  const Rotation kac(448, 11);
  EXPECT_TRUE(kac.matrix().empty());
  EXPECT_EQ(rotated(Rotation(448, kac.signs()), large.values, 3), rotated(kac, large.values, 3));
}

}  // namespace
}  // namespace ruvector::index
