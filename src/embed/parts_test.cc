#include "embed/parts.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

alignas(kPartAlignment) constexpr std::array<float, 3> kFloats = {1, 2, 3};
constexpr std::uint64_t kNumber = 1u << 20;

PartReader reader_of(const Parts& parts, std::shared_ptr<const void> owner = nullptr) {
  return {std::move(owner), {parts.all().begin(), parts.all().end()}};
}

Parts two_parts() {
  Parts parts;
  parts.put_value(kNumber);
  parts.put(std::span<const float>(kFloats));
  return parts;
}

TEST(Parts, AreTakenUpAsTheyWerePutDown) {
  PartReader reader = reader_of(two_parts());
  EXPECT_FALSE(reader.empty());
  EXPECT_EQ(reader.take_value<std::uint64_t>(), kNumber);
  const base::Array<float> floats = reader.take<float>(3);
  EXPECT_EQ(floats.data(), kFloats.data()) << "nothing is copied";
  EXPECT_TRUE(reader.empty());
}

TEST(Parts, WhatIsHandedOutKeepsTheirOwnerAlive) {
  auto owner = std::make_shared<int>(0);
  base::Array<float> kept;
  {
    PartReader reader = reader_of(two_parts(), owner);
    reader.take_value<std::uint64_t>();
    kept = reader.take<float>(3);
  }
  EXPECT_EQ(owner.use_count(), 2);
}

TEST(Parts, APartOfAnotherSizeIsRefused) {
  PartReader reader = reader_of(two_parts());
  EXPECT_THROW(reader.take_value<std::uint32_t>(), EmbedError);
  EXPECT_THROW(reader.take<float>(2), EmbedError);
}

TEST(Parts, ACountThatOverflowsIsRefused) {
  Parts parts;
  parts.put(std::span<const float>{});
  PartReader reader = reader_of(parts);
  EXPECT_THROW(reader.take<std::uint64_t>(std::size_t{1} << 61), EmbedError);
}

TEST(Parts, NothingComesAfterTheLast) {
  PartReader reader = reader_of({});
  EXPECT_THROW(reader.take<float>(0), EmbedError);
}

}  // namespace
}  // namespace ruvector::embed
