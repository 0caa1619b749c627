// Cryptographic digests and signatures, over OpenSSL in a library context of our own: neither the
// host program's OpenSSL configuration nor what it frees at exit has an effect here.
// Thread-safe: functions of their arguments; a Hasher is used by one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ruvector::base {

using Digest = std::array<std::byte, 32>;

// Of bytes that come in pieces.
class Hasher {
 public:
  enum class Algorithm {
    sha256,
    shake256,  // its first 32 bytes
  };

  // Throws std::runtime_error when OpenSSL cannot provide the algorithm; so do the rest.
  explicit Hasher(Algorithm algorithm);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  // `data` may be null when `size` is 0.
  void update(const void* data, std::size_t size);
  void update(std::string_view text) { update(text.data(), text.size()); }
  void update(std::span<const std::byte> bytes) { update(bytes.data(), bytes.size()); }

  // Of everything so far. To be called once, and then nothing else.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest sha256(std::span<const std::byte> bytes);
Digest shake256(std::span<const std::byte> bytes);

// Ed25519 (RFC 8032, the pure variant). A private key is its 32 byte seed.
using Ed25519Key = std::array<std::byte, 32>;
using Ed25519Signature = std::array<std::byte, 64>;

Ed25519Key ed25519_public_key(const Ed25519Key& private_key);
Ed25519Signature ed25519_sign(const Ed25519Key& private_key, std::span<const std::byte> message);
// False for whatever is no signature, also when `public_key` is no point of the curve.
bool ed25519_verify(const Ed25519Key& public_key, std::span<const std::byte> message,
                    const Ed25519Signature& signature);

// Two lower-case digits for each byte.
std::string to_hex(std::span<const std::byte> bytes);
// Fills `bytes`; false when `text` is anything else than what to_hex() makes of as many bytes.
bool from_hex(std::string_view text, std::span<std::byte> bytes);

}  // namespace ruvector::base
