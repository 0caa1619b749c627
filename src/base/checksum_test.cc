#include "base/checksum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace ruvector::base {
namespace {

// The input that the xxHash project's own sanity checks use.
std::vector<unsigned char> reference_bytes(std::size_t size) {
  std::vector<unsigned char> bytes(size);
  std::uint64_t state = 2654435761u;
  for (unsigned char& byte : bytes) {
    byte = static_cast<unsigned char>(state >> 56);
    state *= 11400714785074694797u;
  }
  return bytes;
}

struct Reference {
  std::size_t size;
  std::uint64_t digest;
};

// Published in the xxHash project's sanity checks for XXH3_64bits, seed 0: one for each of the
// algorithm's ranges of length.
constexpr Reference kReferences[] = {
    {0, 0x2d06800538d394c2},   {1, 0xc44bdff4074eecdb},   {6, 0x27b56a84cd2d7325},
    {12, 0xa713daf0dfbb77e7},  {24, 0xa3fe70bf9d3510eb},  {48, 0x397da259ecba1f11},
    {80, 0xbcdefbbb2c47c90a},  {195, 0xcd94217ee362ec3a}, {403, 0xcdeb804d65c6dea4},
    {512, 0x617e49599013cb6b}, {2048, 0xdd59e2c3a5f038e0}};

TEST(Checksum, OneShotEqualsThePublishedDigests) {
  for (const Reference& reference : kReferences) {
    const auto bytes = reference_bytes(reference.size);
    EXPECT_EQ(checksum64(bytes.data(), bytes.size()), reference.digest) << reference.size;
  }
  EXPECT_EQ(checksum64(nullptr, 0), kReferences[0].digest);
}

TEST(Checksum, WideOnesEqualThePublishedDigests) {
  // Of the same sanity checks, XXH3_128bits.
  const auto wide = [](std::size_t size) {
    return checksum128(reference_bytes(size).data(), size);
  };
  EXPECT_EQ(wide(0), (Checksum128{0x6001c324468d497f, 0x99aa06d3014798d8}));
  EXPECT_EQ(wide(1), (Checksum128{0xc44bdff4074eecdb, 0xa6cd5e9392000f6a}));
  EXPECT_EQ(wide(6), (Checksum128{0x3e7039bdda43cfc6, 0x082afe0b8162d12a}));
  EXPECT_EQ(wide(12), (Checksum128{0x061a192713f69ad9, 0x6e3efd8fc7802b18}));
  EXPECT_NE(wide(2047), wide(2048));
}

TEST(Checksum, DoesNotDependOnHowTheBytesAreCut) {
  const auto bytes = reference_bytes(2048);
  for (const std::size_t piece : {1u, 7u, 64u, 255u, 256u, 1000u, 2048u}) {
    Checksum checksum;
    checksum.update(nullptr, 0);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      checksum.update(bytes.data() + at, std::min(piece, bytes.size() - at));
    }
    EXPECT_EQ(checksum.digest(), 0xdd59e2c3a5f038e0u) << piece;
  }
}

TEST(Checksum, MoreMayFollowADigestAndAResetStartsAgain) {
  const auto bytes = reference_bytes(512);
  Checksum checksum;
  checksum.update(bytes.data(), 48);
  EXPECT_EQ(checksum.digest(), 0x397da259ecba1f11u);
  checksum.update(bytes.data() + 48, 512 - 48);
  EXPECT_EQ(checksum.digest(), 0x617e49599013cb6bu);
  Checksum moved = std::move(checksum);
  moved.reset();
  EXPECT_EQ(moved.digest(), 0x2d06800538d394c2u);
}

TEST(Checksum, ChangesWithEveryBit) {
  auto bytes = reference_bytes(300);
  const std::uint64_t before = checksum64(bytes.data(), bytes.size());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<unsigned char>(bytes[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_NE(checksum64(bytes.data(), bytes.size()), before) << bit;
    bytes[bit / 8] = static_cast<unsigned char>(bytes[bit / 8] ^ (1u << (bit % 8)));
  }
}

}  // namespace
}  // namespace ruvector::base
