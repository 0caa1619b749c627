#include "base/file_digest.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string>
#include <vector>

namespace ruvector::base {
namespace {

std::vector<std::byte> bytes_of_size(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>((i * 7 + i / 256 * 13 + i / kDigestLeafBytes) & 255);
  }
  return bytes;
}

struct Reference {
  std::size_t size;
  const char* digest;
};

// Computed by a few lines of Python with hashlib after docs/formats/file_digest.md.
constexpr Reference kReferences[] = {
    {0, "21b5a67de24f01dfa34a950df5f0b9aad7a04070995e9f7fc6c2625a9fb3bbd3"},
    {1, "49f63b1e9d8913c1143c5f04b61e338983c1863d64678eddb2c341b83d7075f4"},
    {1048575, "f6995f8e28941c5cfbab056b8d7b816aebc5f97ec5f18d4583b8569ba7e50c76"},
    {1048576, "a2b1a05f2d8f2ee7927660003ec7de38a40279beaf87c8940cd23add858c7766"},
    {1048577, "368ecd606df39b1601a86568a6b4f71c5dea5e09d371110767be3b532e48c3a5"},
    {3158073, "3cb4ae75552596f253d8265bd065171803e20eee093e3d97b0f267e12d33ff96"}};

TEST(FileDigest, EqualsAnIndependentComputationForEveryNumberOfThreads) {
  for (const Reference& reference : kReferences) {
    const auto bytes = bytes_of_size(reference.size);
    for (const std::size_t threads : {0u, 1u, 2u, 3u, 8u}) {
      EXPECT_EQ(to_hex(file_digest(bytes, threads)), reference.digest)
          << reference.size << " bytes on " << threads << " threads";
    }
  }
}

TEST(FileDigest, IsTheSameOfBytesThatAreReadPieceByPiece) {
  for (const Reference& reference : kReferences) {
    const auto bytes = bytes_of_size(reference.size);
    const ReadPiece read = [&](std::uint64_t offset, std::span<std::byte> piece) {
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), piece.size(), piece.begin());
    };
    for (const std::size_t threads : {0u, 1u, 3u}) {
      EXPECT_EQ(to_hex(file_digest(reference.size, read, threads)), reference.digest);
    }
  }
  const ReadPiece fails = [](std::uint64_t, std::span<std::byte>) { throw std::bad_alloc(); };
  EXPECT_THROW(file_digest(std::uint64_t{5}, fails), std::bad_alloc);
}

TEST(FileDigest, ChangesWithABitAnywhereAndWithTheLength) {
  auto bytes = bytes_of_size(2 * kDigestLeafBytes + 100);
  const Digest before = file_digest(bytes);
  for (const std::size_t at : {std::size_t{0}, kDigestLeafBytes - 1, kDigestLeafBytes,
                               2 * kDigestLeafBytes, bytes.size() - 1}) {
    bytes[at] ^= std::byte{1};
    EXPECT_NE(file_digest(bytes), before) << at;
    bytes[at] ^= std::byte{1};
  }
  bytes.push_back(std::byte{0});
  EXPECT_NE(file_digest(bytes), before);
  bytes.resize(2 * kDigestLeafBytes);
  EXPECT_NE(file_digest(bytes), before);
}

// Two leaves that change places must not give the same digest.
TEST(FileDigest, DependsOnTheOrderOfTheLeaves) {
  std::vector<std::byte> bytes(2 * kDigestLeafBytes, std::byte{1});
  std::fill(bytes.begin(), bytes.begin() + kDigestLeafBytes, std::byte{2});
  const Digest before = file_digest(bytes);
  std::swap_ranges(bytes.begin(), bytes.begin() + kDigestLeafBytes,
                   bytes.begin() + kDigestLeafBytes);
  EXPECT_NE(file_digest(bytes), before);
}

}  // namespace
}  // namespace ruvector::base
