#include "base/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace ruvector::base {

struct Checksum::State {
  XXH3_state_t xxh3;
};

std::uint64_t checksum64(const void* data, std::size_t size) noexcept {
  return XXH3_64bits(data, size);
}

Checksum128 checksum128(const void* data, std::size_t size) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(data, size);
  return {hash.low64, hash.high64};
}

Checksum::Checksum() : state_(std::make_unique<State>()) { reset(); }
Checksum::~Checksum() = default;
Checksum::Checksum(Checksum&&) noexcept = default;
Checksum& Checksum::operator=(Checksum&&) noexcept = default;

void Checksum::update(const void* data, std::size_t size) noexcept {
  if (size != 0) XXH3_64bits_update(&state_->xxh3, data, size);
}

std::uint64_t Checksum::digest() const noexcept { return XXH3_64bits_digest(&state_->xxh3); }

void Checksum::reset() noexcept { XXH3_64bits_reset(&state_->xxh3); }

}  // namespace ruvector::base
