#include "base/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/openssl_library.h"

namespace ruvector::base {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

struct FreeKey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

const EVP_MD* algorithm_of(Hasher::Algorithm algorithm) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(openssl_library(), "SHA2-256", nullptr);
  static const EVP_MD* const shake256 = EVP_MD_fetch(openssl_library(), "SHAKE-256", nullptr);
  const EVP_MD* const found = algorithm == Hasher::Algorithm::sha256 ? sha256 : shake256;
  require_openssl(found != nullptr, "EVP_MD_fetch");
  return found;
}

Context new_context() {
  Context context(EVP_MD_CTX_new());
  require_openssl(context != nullptr, "EVP_MD_CTX_new");
  return context;
}

const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}
unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

Key private_key_of(const Ed25519Key& bytes) {
  Key key(EVP_PKEY_new_raw_private_key_ex(openssl_library(), "ED25519", nullptr, raw(bytes.data()),
                                          bytes.size()));
  require_openssl(key != nullptr, "EVP_PKEY_new_raw_private_key_ex");
  return key;
}

Digest digest_of(Hasher::Algorithm algorithm, std::span<const std::byte> bytes) {
  Hasher hasher(algorithm);
  hasher.update(bytes);
  return hasher.finish();
}

// The value of a lower-case hexadecimal digit; 16 for any other character.
unsigned value_of(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a') + 10;
  return 16;
}

}  // namespace

struct Hasher::State {
  Context context;
  Algorithm algorithm;
};

Hasher::Hasher(Algorithm algorithm)
    : state_(std::make_unique<State>(State{new_context(), algorithm})) {
  require_openssl(EVP_DigestInit_ex2(state_->context.get(), algorithm_of(algorithm), nullptr) == 1,
                  "EVP_DigestInit_ex2");
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(const void* data, std::size_t size) {
  if (size == 0) return;
  require_openssl(EVP_DigestUpdate(state_->context.get(), data, size) == 1, "EVP_DigestUpdate");
}

Digest Hasher::finish() {
  Digest digest;
  EVP_MD_CTX* const context = state_->context.get();
  const bool done = state_->algorithm == Algorithm::shake256
                        ? EVP_DigestFinalXOF(context, raw(digest.data()), digest.size()) == 1
                        : EVP_DigestFinal_ex(context, raw(digest.data()), nullptr) == 1;
  require_openssl(done, "EVP_DigestFinal");
  return digest;
}

Digest sha256(std::span<const std::byte> bytes) {
  return digest_of(Hasher::Algorithm::sha256, bytes);
}

Digest shake256(std::span<const std::byte> bytes) {
  return digest_of(Hasher::Algorithm::shake256, bytes);
}

Ed25519Key ed25519_public_key(const Ed25519Key& private_key) {
  const Key key = private_key_of(private_key);
  Ed25519Key public_key;
  std::size_t size = public_key.size();
  require_openssl(EVP_PKEY_get_raw_public_key(key.get(), raw(public_key.data()), &size) == 1 &&
                      size == public_key.size(),
                  "EVP_PKEY_get_raw_public_key");
  return public_key;
}

Ed25519Signature ed25519_sign(const Ed25519Key& private_key, std::span<const std::byte> message) {
  const Key key = private_key_of(private_key);
  const Context context = new_context();
  require_openssl(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, openssl_library(), nullptr,
                                        key.get(), nullptr) == 1,
                  "EVP_DigestSignInit_ex");
  Ed25519Signature signature;
  std::size_t size = signature.size();
  require_openssl(EVP_DigestSign(context.get(), raw(signature.data()), &size, raw(message.data()),
                                 message.size()) == 1 &&
                      size == signature.size(),
                  "EVP_DigestSign");
  return signature;
}

bool ed25519_verify(const Ed25519Key& public_key, std::span<const std::byte> message,
                    const Ed25519Signature& signature) {
  const Key key(EVP_PKEY_new_raw_public_key_ex(openssl_library(), "ED25519", nullptr,
                                               raw(public_key.data()), public_key.size()));
  require_openssl(key != nullptr, "EVP_PKEY_new_raw_public_key_ex");
  const Context context = new_context();
  require_openssl(EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, openssl_library(),
                                          nullptr, key.get(), nullptr) == 1,
                  "EVP_DigestVerifyInit_ex");
  ERR_set_mark();  // what OpenSSL notes about a wrong signature is nobody else's error
  const bool valid = EVP_DigestVerify(context.get(), raw(signature.data()), signature.size(),
                                      raw(message.data()), message.size()) == 1;
  ERR_pop_to_mark();
  return valid;
}

std::string to_hex(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

bool from_hex(std::string_view text, std::span<std::byte> bytes) {
  if (text.size() != bytes.size() * 2) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned high = value_of(text[2 * i]);
    const unsigned low = value_of(text[2 * i + 1]);
    if (high > 15 || low > 15) return false;
    bytes[i] = static_cast<std::byte>(high << 4 | low);
  }
  return true;
}

}  // namespace ruvector::base
