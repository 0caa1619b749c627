#include "base/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <cstddef>
#include <utility>

#include "base/openssl_library.h"

namespace ruvector::base {
namespace {

constexpr std::size_t kEd25519KeyBytes = 32;
constexpr std::size_t kP256Bytes = 32;  // of a coordinate, and of half of a signature
constexpr std::size_t kMinRsaBits = 2048;
constexpr std::size_t kMaxRsaBits = 8192;
constexpr std::size_t kMaxExponentBytes = 4;

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;

// What OpenSSL notes about a wrong key or signature is nobody else's error.
class ErrorsForgotten {
 public:
  ErrorsForgotten() { ERR_set_mark(); }
  ErrorsForgotten(const ErrorsForgotten&) = delete;
  ErrorsForgotten& operator=(const ErrorsForgotten&) = delete;
  ~ErrorsForgotten() { ERR_pop_to_mark(); }
};

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Number number_of(std::string_view bytes) {
  Number number(BN_bin2bn(raw(bytes), static_cast<int>(bytes.size()), nullptr));
  require_openssl(number != nullptr, "BN_bin2bn");
  return number;
}

// The y coordinates, little-endian, of the points whose order divides 8.
constexpr std::array<std::array<unsigned char, kEd25519KeyBytes>, 5> kSmallOrders = {{
    {0},
    {1},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}};

bool is_trustworthy_ed25519(std::string_view key) {
  if (key.size() != kEd25519KeyBytes) return false;
  std::array<unsigned char, kEd25519KeyBytes> y;
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<unsigned char>(key[i]);
  y.back() &= 0x7F;  // the sign of x
  // p is 2^255 - 19; a coordinate from p on is a second name of a point.
  bool is_above_p = y.front() >= 0xED && y.back() == 0x7F;
  for (std::size_t i = 1; i + 1 < y.size(); ++i) is_above_p = is_above_p && y[i] == 0xFF;
  if (is_above_p) return false;
  for (const auto& small : kSmallOrders) {
    if (y == small) return false;
  }
  return true;
}

// The key of `type` with `parameters`; null when they make none.
Key key_of(const char* type, OSSL_PARAM* parameters) {
  const ErrorsForgotten errors;
  const KeyContext context(EVP_PKEY_CTX_new_from_name(openssl_library(), type, nullptr));
  require_openssl(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1,
                  "EVP_PKEY_fromdata_init");
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1) return nullptr;
  Key key(made);
  const KeyContext check(EVP_PKEY_CTX_new_from_pkey(openssl_library(), key.get(), nullptr));
  require_openssl(check != nullptr, "EVP_PKEY_CTX_new_from_pkey");
  if (EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return key;
}

std::string_view without_leading_zeros(std::string_view number) {
  const std::size_t first = number.find_first_not_of('\0');
  return first == std::string_view::npos ? std::string_view() : number.substr(first);
}

bool is_trustworthy_rsa(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() > kMaxRsaBits / 8 || exponent.empty()) return false;
  if (exponent.size() > kMaxExponentBytes || (exponent.back() & 1) == 0) return false;
  if (exponent == "\x01") return false;
  const auto bits = static_cast<std::size_t>(BN_num_bits(number_of(modulus).get()));
  return bits >= kMinRsaBits;
}

// As OpenSSL wants it: a sequence of two integers in DER. Empty for what is no signature.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return {};
  const EcdsaSignature both(ECDSA_SIG_new());
  require_openssl(both != nullptr, "ECDSA_SIG_new");
  // The pair takes the numbers over.
  const bool done = ECDSA_SIG_set0(both.get(), number_of(signature.substr(0, kP256Bytes)).release(),
                                   number_of(signature.substr(kP256Bytes)).release()) == 1;
  require_openssl(done, "ECDSA_SIG_set0");
  const int size = i2d_ECDSA_SIG(both.get(), nullptr);
  require_openssl(size > 0, "i2d_ECDSA_SIG");
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* end = reinterpret_cast<unsigned char*>(der.data());
  require_openssl(i2d_ECDSA_SIG(both.get(), &end) == size, "i2d_ECDSA_SIG");
  return der;
}

}  // namespace

struct PublicKey::State {
  Key key;
  SignatureAlgorithm algorithm;
};

PublicKey::PublicKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
PublicKey::PublicKey(PublicKey&&) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&&) noexcept = default;
PublicKey::~PublicKey() = default;

std::optional<PublicKey> PublicKey::ed25519(std::string_view key) {
  if (!is_trustworthy_ed25519(key)) return std::nullopt;
  Key made(
      EVP_PKEY_new_raw_public_key_ex(openssl_library(), "ED25519", nullptr, raw(key), key.size()));
  require_openssl(made != nullptr, "EVP_PKEY_new_raw_public_key_ex");
  return PublicKey(std::make_unique<State>(State{std::move(made), SignatureAlgorithm::eddsa}));
}

std::optional<PublicKey> PublicKey::p256(std::string_view x, std::string_view y) {
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) return std::nullopt;
  std::string point = "\x04" + std::string(x) + std::string(y);
  std::string group = "P-256";
  std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  Key key = key_of("EC", parameters.data());
  if (key == nullptr) return std::nullopt;
  return PublicKey(std::make_unique<State>(State{std::move(key), SignatureAlgorithm::es256}));
}

std::optional<PublicKey> PublicKey::rsa(std::string_view modulus, std::string_view exponent) {
  const std::string_view n = without_leading_zeros(modulus);
  const std::string_view e = without_leading_zeros(exponent);
  if (!is_trustworthy_rsa(n, e)) return std::nullopt;
  const Number n_number = number_of(n);
  const Number e_number = number_of(e);
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  require_openssl(
      builder != nullptr &&
          OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n_number.get()) == 1 &&
          OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e_number.get()) == 1,
      "OSSL_PARAM_BLD_push_BN");
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  require_openssl(parameters != nullptr, "OSSL_PARAM_BLD_to_param");
  Key key = key_of("RSA", parameters.get());
  if (key == nullptr) return std::nullopt;
  return PublicKey(std::make_unique<State>(State{std::move(key), SignatureAlgorithm::rs256}));
}

SignatureAlgorithm PublicKey::algorithm() const noexcept { return state_->algorithm; }

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
  const bool is_ecdsa = state_->algorithm == SignatureAlgorithm::es256;
  const std::string der = is_ecdsa ? der_of(signature) : std::string();
  if (is_ecdsa) signature = der;
  if (signature.empty()) return false;

  const ErrorsForgotten errors;
  const DigestContext context(EVP_MD_CTX_new());
  const char* const digest = state_->algorithm == SignatureAlgorithm::eddsa ? nullptr : "SHA2-256";
  require_openssl(context != nullptr &&
                      EVP_DigestVerifyInit_ex(context.get(), nullptr, digest, openssl_library(),
                                              nullptr, state_->key.get(), nullptr) == 1,
                  "EVP_DigestVerifyInit_ex");
  return EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message),
                          message.size()) == 1;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::string code(32, '\0');
  std::size_t size = 0;
  const bool done =
      EVP_Q_mac(openssl_library(), "HMAC", nullptr, "SHA2-256", nullptr,
                key.empty() ? "" : key.data(), key.size(), raw(message), message.size(),
                reinterpret_cast<unsigned char*>(code.data()), code.size(), &size) != nullptr;
  require_openssl(done && size == code.size(), "EVP_Q_mac");
  return code;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace ruvector::base
