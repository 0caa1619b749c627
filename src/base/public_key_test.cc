#include "base/public_key.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/digest.h"

namespace ruvector::base {
namespace {

std::string decoded(std::string_view text) {
  return from_base64(text, Base64::url_safe).value_or("not base64");
}
std::string from_hex_text(std::string_view text) {
  std::string bytes(text.size() / 2, '\0');
  EXPECT_TRUE(from_hex(text, std::as_writable_bytes(std::span(bytes))));
  return bytes;
}

// RFC 8037, appendix A.4.
constexpr std::string_view kEd25519X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
constexpr std::string_view kEd25519Input =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
constexpr std::string_view kEd25519Signature =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

// RFC 7515, appendix A.3.
constexpr std::string_view kP256X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view kP256Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr std::string_view kP256Input =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";
constexpr std::string_view kP256Signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

// RFC 7515, appendix A.2.
constexpr std::string_view kRsaModulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
    "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-"
    "yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
    "bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-"
    "KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-"
    "DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr std::string_view kRsaInput =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";
constexpr std::string_view kRsaSignature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujGbds9"
    "uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB"
    "_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq"
    "Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

// `key` verifies `signature`, and neither any other signature or text.
void expect_verifies_only(const PublicKey& key, std::string_view input, std::string_view text) {
  const std::string signature = decoded(text);
  EXPECT_TRUE(key.verify(input, signature));
  EXPECT_FALSE(key.verify(std::string(input) + "x", signature));
  EXPECT_FALSE(key.verify("", signature));
  EXPECT_FALSE(key.verify(input, ""));
  EXPECT_FALSE(key.verify(input, signature + '\0'));
  EXPECT_FALSE(key.verify(input, signature.substr(1)));
  EXPECT_FALSE(key.verify(input, std::string(signature.size(), '\0')));
  EXPECT_FALSE(key.verify(input, std::string(signature.size(), '\xff')));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string other = signature;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(key.verify(input, other)) << i;
  }
}

TEST(PublicKey, VerifiesEdDsa) {
  const auto key = PublicKey::ed25519(decoded(kEd25519X));
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->algorithm(), SignatureAlgorithm::eddsa);
  expect_verifies_only(*key, kEd25519Input, kEd25519Signature);
}

TEST(PublicKey, VerifiesEs256) {
  const auto key = PublicKey::p256(decoded(kP256X), decoded(kP256Y));
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->algorithm(), SignatureAlgorithm::es256);
  expect_verifies_only(*key, kP256Input, kP256Signature);
}

TEST(PublicKey, VerifiesRs256) {
  const auto key = PublicKey::rsa(decoded(kRsaModulus), decoded("AQAB"));
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->algorithm(), SignatureAlgorithm::rs256);
  expect_verifies_only(*key, kRsaInput, kRsaSignature);
}

TEST(PublicKey, RefusesEd25519KeysOfOtherLengths) {
  const std::string key = decoded(kEd25519X);
  EXPECT_FALSE(PublicKey::ed25519(key.substr(1)).has_value());
  EXPECT_FALSE(PublicKey::ed25519(key + 'x').has_value());
  EXPECT_FALSE(PublicKey::ed25519("").has_value());
}

// The points of small order, and what else decodes to them (as libsodium lists them).
TEST(PublicKey, RefusesEd25519KeysOfSmallOrder) {
  for (const char* hex : {
           "0000000000000000000000000000000000000000000000000000000000000000",
           "0100000000000000000000000000000000000000000000000000000000000000",
           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
       }) {
    std::string key = from_hex_text(hex);
    EXPECT_FALSE(PublicKey::ed25519(key).has_value()) << hex;
    key.back() = static_cast<char>(key.back() ^ '\x80');
    EXPECT_FALSE(PublicKey::ed25519(key).has_value()) << hex;
  }
}

// S + L is the same number modulo L, and makes a second signature of the same message.
TEST(PublicKey, RefusesAnEd25519SignatureThatIsNotReduced) {
  const std::string order =
      from_hex_text("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  std::string signature = decoded(kEd25519Signature);
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const unsigned sum = static_cast<unsigned char>(signature[32 + i]) +
                         static_cast<unsigned char>(order[i]) + carry;
    signature[32 + i] = static_cast<char>(sum & 0xFF);
    carry = sum >> 8;
  }
  ASSERT_EQ(carry, 0U);
  EXPECT_FALSE(PublicKey::ed25519(decoded(kEd25519X))->verify(kEd25519Input, signature));
}

TEST(PublicKey, RefusesPointsThatAreNotOnTheCurve) {
  const std::string x = decoded(kP256X);
  const std::string y = decoded(kP256Y);
  std::string other = y;
  other.back() = static_cast<char>(other.back() ^ 1);
  EXPECT_FALSE(PublicKey::p256(x, other).has_value());
  EXPECT_FALSE(PublicKey::p256(y, x).has_value());
  EXPECT_FALSE(PublicKey::p256(std::string(32, '\0'), std::string(32, '\0')).has_value());
  EXPECT_FALSE(PublicKey::p256(std::string(32, '\xff'), std::string(32, '\xff')).has_value());
  EXPECT_FALSE(PublicKey::p256(x.substr(1), y).has_value());
  EXPECT_FALSE(PublicKey::p256(x, y + 'x').has_value());
}

TEST(PublicKey, RefusesWeakAndHugeRsaKeys) {
  const std::string modulus = decoded(kRsaModulus);
  const std::string exponent = decoded("AQAB");
  EXPECT_FALSE(PublicKey::rsa(modulus.substr(128), exponent).has_value());
  EXPECT_FALSE(PublicKey::rsa(modulus.substr(1), exponent).has_value());
  std::string bits_2047 = modulus;
  bits_2047.front() = '\x7f';
  EXPECT_FALSE(PublicKey::rsa(bits_2047, exponent).has_value());
  EXPECT_FALSE(PublicKey::rsa(std::string(1025, '\xff'), exponent).has_value());
  EXPECT_FALSE(PublicKey::rsa("", exponent).has_value());
  for (const std::string& other : {std::string(), std::string(1, '\0'), std::string("\x01"),
                                   std::string("\x02"), std::string("\x01\x01\x01\x01\x01")}) {
    EXPECT_FALSE(PublicKey::rsa(modulus, other).has_value());
  }
  EXPECT_TRUE(PublicKey::rsa('\0' + modulus, exponent).has_value());
}

// RFC 7515, appendix A.1; RFC 4231, test case 2.
TEST(PublicKey, AuthenticatesByHmac) {
  EXPECT_EQ(
      to_base64(
          hmac_sha256(
              decoded("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgU"
                      "uTwjAzZr1Z9CAow"),
              "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
              "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y"
              "b290Ijp0cnVlfQ"),
          Base64::url_safe),
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            from_hex_text("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  EXPECT_EQ(hmac_sha256("", ""),
            from_hex_text("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

TEST(PublicKey, ComparesTexts) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abx"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_FALSE(equal_in_constant_time("", "a"));
}

}  // namespace
}  // namespace ruvector::base
