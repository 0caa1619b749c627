#include "index/nearest_centroid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "index/test_nearest.h"

namespace ruvector::index {
namespace {

struct Found {
  std::vector<std::uint32_t> nearest;
  std::vector<float> squares;
  friend bool operator==(const Found&, const Found&) = default;
};

Found find_all(const NearestCentroid& finder, const RowSelection& rows, std::size_t tile_rows) {
  Found found{std::vector<std::uint32_t>(rows.count), std::vector<float>(rows.count)};
  NearestCentroid::Scratch scratch;
  for (std::size_t first = 0; first < rows.count; first += tile_rows) {
    const RowTile tile{first, nullptr, std::min(tile_rows, rows.count - first)};
    finder.find(rows, tile, &found.nearest[first], &found.squares[first], scratch);
  }
  return found;
}

// Agreement with double precision wherever the two nearest differ by more than `clear` times the
// nearest's square.
void expect_nearest(const TestVectors& rows, const TestVectors& centroids, const Found& found,
                    double clear) {
  std::size_t checked = 0;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const PlainNearest wanted = plain_nearest(rows.row(i), centroids.values);
    EXPECT_NEAR(found.squares[i], wanted.square, clear * wanted.square + 1e-9) << "row " << i;
    if (wanted.next - wanted.square <= clear * wanted.square) continue;
    EXPECT_EQ(found.nearest[i], wanted.list)
        << "row " << i << ", " << centroids.rows << " lists, dim " << rows.cols;
    ++checked;
  }
  EXPECT_GE(10 * checked, 8 * rows.rows) << "hardly a gap was clear";
}

TEST(NearestCentroid, IsTheOneThatDoublePrecisionFinds) {
  for (const std::size_t lists : {1U, 2U, 15U, 16U, 17U, 48U, 49U, 191U, 192U, 193U, 400U}) {
    for (const std::size_t dim : {1U, 2U, 3U, 15U, 16U, 17U, 64U, 70U, 129U}) {
      const TestVectors rows = gaussian_vectors(70, dim, dim);
      const TestVectors centroids = gaussian_vectors(lists, dim, 1000 + lists);
      const NearestCentroid finder(centroids.values, dim);
      // In one dimension the nearest of many is so near that rounding is a large part of it.
      const double clear = dim < 3 ? 0.05 : 1e-3;
      if (dim < 3 && lists > 20) continue;
      expect_nearest(rows, centroids, find_all(finder, all_rows(rows), 256), clear);
    }
  }
}

// Few are compared by floats, many by bytes first.
constexpr std::array<std::size_t, 2> kFewAndMany = {50, 300};

TEST(NearestCentroid, RowsAreScaledByTheirInverseNorms) {
  const TestVectors rows = gaussian_vectors(70, 33, 1, 5.0F, 1.0F);
  const std::vector<float> norms = inverse_norms_of(rows);
  const TestVectors unit = scaled(rows, norms);
  for (const std::size_t lists : kFewAndMany) {
    const TestVectors centroids = gaussian_vectors(lists, 33, 2, 0.2F);
    const NearestCentroid finder(centroids.values, 33);
    const Found found = find_all(finder, all_rows(rows, norms.data()), 256);
    EXPECT_EQ(found, find_all(finder, all_rows(unit), 256));
    expect_nearest(unit, centroids, found, 1e-3);
  }
}

TEST(NearestCentroid, OfEquallyNearOnesIsTheFirst) {
  const TestVectors rows = gaussian_vectors(40, 20, 3);
  TestVectors twice = gaussian_vectors(300, 20, 4);
  const NearestCentroid once(twice.values, 20);
  twice.values.insert(twice.values.end(), twice.values.begin(), twice.values.end());
  const NearestCentroid finder(twice.values, 20);
  EXPECT_EQ(find_all(finder, all_rows(rows), 256).nearest,
            find_all(once, all_rows(rows), 256).nearest);
}

TEST(NearestCentroid, DataFarFromTheOriginKeepTheirPrecision) {
  const TestVectors rows = gaussian_vectors(70, 64, 5, 1.0F, 4096.0F);
  for (const std::size_t lists : kFewAndMany) {
    const TestVectors centroids = gaussian_vectors(lists, 64, 6, 1.0F, 4096.0F);
    const NearestCentroid finder(centroids.values, 64);
    expect_nearest(rows, centroids, find_all(finder, all_rows(rows), 256), 1e-3);
  }
}

// A few values make the steps of their bytes so large that the others hardly count.
TEST(NearestCentroid, FewLargeValuesHideNoCentroid) {
  TestVectors rows = gaussian_vectors(70, 96, 5);
  TestVectors centroids = gaussian_vectors(400, 96, 6);
  for (std::size_t i = 0; i < rows.rows; ++i) rows.values[i * 96 + i % 7] *= 1000.0F;
  for (std::size_t i = 0; i < centroids.rows; i += 3) centroids.values[i * 96 + i % 11] *= 300.0F;
  const NearestCentroid finder(centroids.values, 96);
  expect_nearest(rows, centroids, find_all(finder, all_rows(rows), 256), 1e-3);
}

TEST(NearestCentroid, ACentroidFarAwayDoesNotBlurTheOthers) {
  const TestVectors rows = gaussian_vectors(70, 48, 5);
  TestVectors centroids = gaussian_vectors(500, 48, 6);
  for (std::size_t d = 0; d < 48; ++d) centroids.values[130 * 48 + d] = 1e4F;
  const NearestCentroid finder(centroids.values, 48);
  expect_nearest(rows, centroids, find_all(finder, all_rows(rows), 256), 1e-2);
}

TEST(NearestCentroid, DoesNotDependOnTheRowsBesideIt) {
  const TestVectors rows = gaussian_vectors(70, 37, 7);
  const TestVectors centroids = gaussian_vectors(250, 37, 8);
  const NearestCentroid finder(centroids.values, 37);
  const Found together = find_all(finder, all_rows(rows), 256);
  for (const std::size_t tile_rows : {1U, 3U, 69U}) {
    EXPECT_EQ(find_all(finder, all_rows(rows), tile_rows), together) << tile_rows;
  }
}

TEST(NearestCentroid, TilesMayPickPlacesOfASelection) {
  const TestVectors rows = gaussian_vectors(70, 20, 7);
  const TestVectors centroids = gaussian_vectors(30, 20, 8);
  const NearestCentroid finder(centroids.values, 20);
  const Found all = find_all(finder, all_rows(rows), 256);
  std::vector<std::uint32_t> slots(35);  // the odd rows
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = static_cast<std::uint32_t>(2 * i + 1);
  RowSelection odd = all_rows(rows);
  odd.slots = slots.data();
  odd.count = slots.size();
  const std::vector<std::uint32_t> picked = {30, 2, 2, 17};
  Found found{std::vector<std::uint32_t>(4), std::vector<float>(4)};
  NearestCentroid::Scratch scratch;
  finder.find(odd, {0, picked.data(), 4}, found.nearest.data(), found.squares.data(), scratch);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(found.nearest[i], all.nearest[2 * picked[i] + 1]);
    EXPECT_EQ(found.squares[i], all.squares[2 * picked[i] + 1]);
  }
}

TEST(NearestCentroid, TheLongestRowsGiveNumbers) {
  const float huge = 0x1p+57F;  // of 64 values: squared norms near the limit of 2^120
  const TestVectors rows = gaussian_vectors(30, 64, 9, huge / 2);
  for (const std::size_t lists : kFewAndMany) {
    const TestVectors centroids = gaussian_vectors(lists, 64, 10, huge / 2);
    const NearestCentroid finder(centroids.values, 64);
    const Found found = find_all(finder, all_rows(rows), 256);
    expect_nearest(rows, centroids, found, 1e-3);
    for (const float square : found.squares) EXPECT_TRUE(std::isfinite(square));
  }
}

}  // namespace
}  // namespace ruvector::index
