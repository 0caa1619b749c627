#include "base/file_digest.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/parallel.h"

namespace ruvector::base {
namespace {

constexpr std::string_view kLabel = "ruvector-file-digest-v1|";

std::array<std::byte, 8> little_endian(std::uint64_t value) {
  std::array<std::byte, 8> bytes;
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(value & 0xff);
    value >>= 8;
  }
  return bytes;
}

}  // namespace

Digest file_digest(std::span<const std::byte> bytes, std::size_t max_threads) {
  std::vector<Digest> leaves((bytes.size() + kDigestLeafBytes - 1) / kDigestLeafBytes);
  parallel_for(leaves.size(), max_threads, [&](std::size_t leaf, std::size_t /*worker*/) {
    const std::size_t begin = leaf * kDigestLeafBytes;
    leaves[leaf] = sha256(bytes.subspan(begin, std::min(kDigestLeafBytes, bytes.size() - begin)));
  });
  Hasher root(Hasher::Algorithm::sha256);
  root.update(kLabel);
  root.update(little_endian(bytes.size()));
  for (const Digest& leaf : leaves) root.update(leaf);
  return root.finish();
}

}  // namespace ruvector::base
