// Signatures by the keys of others, as JSON Web Signatures (RFC 7515, 7518, 8037) have them. In the
// library context of digest.h. Thread-safe: functions of their arguments, and constant objects.
// Bytes are in strings here, because that is how they come out of JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ruvector::base {

enum class SignatureAlgorithm : std::uint8_t {
  eddsa,  // Ed25519, pure; the key is 32 bytes
  es256,  // ECDSA with P-256 and SHA-256; the signature is r and s, 32 bytes each
  rs256,  // RSASSA-PKCS1-v1_5 with SHA-256
};

class PublicKey {
 public:
  // Nothing for what is no key that may be trusted: of the wrong length, no point of its curve, an
  // Ed25519 key of small order (it verifies signatures that nobody made).
  static std::optional<PublicKey> ed25519(std::string_view key);
  // Coordinates, big-endian, 32 bytes each.
  static std::optional<PublicKey> p256(std::string_view x, std::string_view y);
  // Big-endian. Nothing for less than 2048 bits or more than 8192, or an exponent that is even,
  // less than 3 or above 32 bits.
  static std::optional<PublicKey> rsa(std::string_view modulus, std::string_view exponent);

  PublicKey(PublicKey&&) noexcept;
  PublicKey& operator=(PublicKey&&) noexcept;
  ~PublicKey();

  // The one algorithm that the key is for.
  SignatureAlgorithm algorithm() const noexcept;
  // False for whatever is no signature of `message`, also for an Ed25519 signature whose S is not
  // reduced.
  bool verify(std::string_view message, std::string_view signature) const;

 private:
  struct State;
  explicit PublicKey(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

// The 32 bytes of HMAC-SHA256 (RFC 2104).
std::string hmac_sha256(std::string_view key, std::string_view message);

// Takes as long wherever the texts differ; of different lengths are never equal.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace ruvector::base
