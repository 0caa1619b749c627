#include "index/placement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kDim = 20;

TEST(Placement, EverythingIsWhatLiesInTheLanesOfEachList) {
  std::vector<std::uint32_t> list_of_slot(300);
  for (std::size_t slot = 0; slot < 300; ++slot) list_of_slot[slot] = slot % 3 == 0 ? 4U : 1U;
  ListLayout layout(6, list_of_slot);
  for (int i = 0; i < 70; ++i) layout.append(1);  // in more than one run
  const std::vector<Placement> placements = everything_in(layout);
  ASSERT_EQ(placements.size(), 2U);
  EXPECT_EQ(placements[0].list, 1U);
  EXPECT_EQ(placements[1].list, 4U);
  std::size_t slots = 0;
  for (const Placement& placement : placements) {
    ASSERT_EQ(placement.rows.size(), layout.size(placement.list));
    ASSERT_EQ(placement.lanes.size(), placement.rows.size());
    for (std::size_t i = 0; i < placement.rows.size(); ++i) {
      EXPECT_EQ(layout.lane(placement.rows[i]), placement.lanes[i]);
      EXPECT_EQ(layout.list_of_lane(placement.lanes[i]), placement.list);
    }
    slots += placement.rows.size();
  }
  EXPECT_EQ(slots, 370U);
  EXPECT_TRUE(everything_in(ListLayout(3)).empty());
}

TEST(Placement, ListsAreEncodedAsEachWouldBeAlone) {
  const TestVectors data = gaussian_vectors(200, kDim, 1);
  const TestVectors centroids = gaussian_vectors(2, kDim, 2);
  const CodeShape shape{64, 1, 4};
  Encoder encoder(kDim, 42, Metric::l2, shape);
  encoder.expect_lists();
  const RowSource source{data.values.data(), nullptr, 200};
  encoder.train(source, 1);
  std::vector<Placement> placements = {{0, {3, 7, 9}, {2, 0, 1}}, {1, {150, 8}, {64, 65}}};
  CodeStore together(shape);
  together.resize(128);
  std::size_t reported = 0;
  encode_lists(encoder, centroids.values, placements, source, together.writer(), 2,
               [&](std::size_t done, std::size_t total) {
                 EXPECT_EQ(total, 200U);
                 reported = done;
               });
  EXPECT_EQ(reported, 200U);
  CodeStore alone(shape);
  alone.resize(128);
  for (const Placement& placement : placements) {
    std::vector<float> centre(encoder.dims());
    encoder.rotate(&centroids.values[placement.list * kDim], centre.data());
    encoder.encode_list(source, placement.rows, placement.lanes, centre.data(), alone.writer());
  }
  EXPECT_TRUE(
      std::equal(together.blocks().begin(), together.blocks().end(), alone.blocks().begin()));
  EXPECT_TRUE(
      std::equal(together.records().begin(), together.records().end(), alone.records().begin()));
  EXPECT_GT(together.norms()[64], 0.0F);
}

}  // namespace
}  // namespace ruvector::index
