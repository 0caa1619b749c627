#include "base/file_digest.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/parallel.h"
#include "ruvector/base/runtime.h"

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

// The leaves' digests, by `digest_of(first byte, number of bytes, worker)`, made into one.
template <class F>
Digest root_of(std::uint64_t size, std::size_t threads, F&& digest_of) {
  std::vector<Digest> leaves((size + kDigestLeafBytes - 1) / kDigestLeafBytes);
  parallel_for(leaves.size(), threads, [&](std::size_t leaf, std::size_t worker) {
    const std::uint64_t begin = std::uint64_t{leaf} * kDigestLeafBytes;
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(kDigestLeafBytes, size - begin));
    leaves[leaf] = digest_of(begin, count, worker);
  });
  Hasher root(Hasher::Algorithm::sha256);
  root.update(kLabel);
  root.update(little_endian(size));
  for (const Digest& leaf : leaves) root.update(leaf);
  return root.finish();
}

}  // namespace

Digest file_digest(std::span<const std::byte> bytes, std::size_t max_threads) {
  return root_of(bytes.size(), max_threads,
                 [&](std::uint64_t begin, std::size_t count, std::size_t /*worker*/) {
                   return sha256(bytes.subspan(begin, count));
                 });
}

Digest file_digest(std::uint64_t size, const ReadPiece& read, std::size_t max_threads) {
  const std::size_t threads = max_threads == 0 ? num_threads() : max_threads;
  std::vector<std::vector<std::byte>> buffers(threads);
  return root_of(size, threads, [&](std::uint64_t begin, std::size_t count, std::size_t worker) {
    buffers[worker].resize(count);
    read(begin, buffers[worker]);
    return sha256(buffers[worker]);
  });
}

}  // namespace ruvector::base
