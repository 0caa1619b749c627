#include "a2a/jwk_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "a2a/test_cards.h"

namespace ruvector::a2a {
namespace {

using base::SignatureAlgorithm;
using testing::HasSubstr;

// RFC 8037, appendix A.2; RFC 7515, appendix A.3.
constexpr std::string_view kEd25519 =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"})";
constexpr std::string_view kP256 =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";

std::string set_of(std::string_view keys) { return "{\"keys\":[" + std::string(keys) + "]}"; }

std::string error_of(const std::string& text) {
  try {
    parse_jwk_set(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(JwkSet, ReadsKeysOfTheAlgorithms) {
  const auto keys = parse_jwk_set(set_of(std::string(kEd25519) + ',' + std::string(kP256)));
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].kid, "a");
  EXPECT_EQ(keys[0].key.algorithm(), SignatureAlgorithm::eddsa);
  EXPECT_EQ(keys[0].ed25519.size(), 32U);
  EXPECT_EQ(keys[1].kid, "");
  EXPECT_EQ(keys[1].key.algorithm(), SignatureAlgorithm::es256);
  EXPECT_EQ(keys[1].ed25519, "");
  EXPECT_EQ(parse_jwk_set(golden_text("cards/jwks.json")).at(0).kid, "test-1");
}

TEST(JwkSet, LeavesOutKeysThatAreNotForIt) {
  const auto keys = parse_jwk_set(set_of(
      R"({"kty":"oct","k":"c2VjcmV0"},{"kty":"EC","crv":"P-384","x":"AA","y":"AA"},)"
      R"({"kty":"OKP","crv":"X25519","x":"AA"},{"kty":"RSA","alg":"PS256","n":"AA","e":"AQAB"},)"
      R"({"kty":"RSA","use":"enc","n":"AA","e":"AQAB"},{"kty":"post-quantum"},)"
      R"({"kty":"RSA","key_ops":["wrapKey"],"n":"AA","e":"AQAB"},)" +
      std::string(kEd25519)));
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].kid, "a");
}

TEST(JwkSet, SaysWhichKeyMayNotBeTrusted) {
  EXPECT_THAT(error_of(set_of(std::string(kEd25519) + R"(,{"kty":"RSA","n":"AQAB","e":"AQAB"})")),
              HasSubstr("card_keys.keys[1] is no key that may be trusted"));
  EXPECT_THAT(error_of(set_of(R"({"kty":"OKP","crv":"Ed25519",)"
                              R"("x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})")),
              HasSubstr("card_keys.keys[0] is no key that may be trusted"));
  EXPECT_THAT(error_of(set_of(R"({"kty":"OKP","crv":"Ed25519","x":"AA=="})")),
              HasSubstr("card_keys.keys[0].x is no base64url"));
  EXPECT_THAT(error_of(set_of(R"({"kty":"EC","crv":"P-256","x":"AA"})")),
              HasSubstr("card_keys.keys[0].y is missing"));
}

TEST(JwkSet, RefusesWhatIsNoSet) {
  EXPECT_THAT(error_of("no JSON"), HasSubstr("card_keys: no JSON value"));
  EXPECT_THAT(error_of("[]"), HasSubstr("card_keys is an array"));
  EXPECT_THAT(error_of("{}"), HasSubstr("card_keys.keys is missing"));
  EXPECT_THAT(error_of(set_of("")), HasSubstr("has no key for"));
  EXPECT_THAT(error_of(set_of(R"({"kty":"oct","k":"c2VjcmV0"})")), HasSubstr("has no key for"));
}

}  // namespace
}  // namespace ruvector::a2a
