#include "ruvector/a2a/webhook.h"

#include <gtest/gtest.h>

#include <string>

namespace ruvector {
namespace {

// Python's hmac and cryptography made the signatures; the key is that of 32 bytes 7.
constexpr std::string_view kBody =
    R"({"taskId":"t1","status":{"state":"completed","timestamp":"2026-01-01T00:00:00Z"},)"
    R"("finalState":true})";
constexpr std::string_view kHmac =
    "sha256=6730664926989e658ecb7c5504300c95823e56824c2df86c0d3d07adc7b27b95";
constexpr std::string_view kPublicKey = "6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
constexpr std::string_view kSignature =
    "Rjt89ZGM1CiK8KISH5SrP5VkqQqRdEN4SIEajesZT/Jn21ib0cOOHylT/4OPYHDHEh3U/0dmZutVfDWyVKHqBQ==";

TEST(Webhook, AcceptsWhatTheTokenAuthenticates) {
  EXPECT_TRUE(verify_webhook_hmac("s3cret", kBody, kHmac));
  std::string upper(kHmac);
  for (std::size_t i = 7; i < upper.size(); ++i) {
    if (upper[i] >= 'a') upper[i] = static_cast<char>(upper[i] - 'a' + 'A');
  }
  EXPECT_TRUE(verify_webhook_hmac("s3cret", kBody, ' ' + upper + ' '));
}

TEST(Webhook, RefusesEveryOtherHmac) {
  EXPECT_FALSE(verify_webhook_hmac("s3creT", kBody, kHmac));
  EXPECT_FALSE(verify_webhook_hmac("", kBody, kHmac));
  EXPECT_FALSE(verify_webhook_hmac("s3cret", std::string(kBody) + '\n', kHmac));
  EXPECT_FALSE(verify_webhook_hmac("s3cret", kBody, ""));
  EXPECT_FALSE(verify_webhook_hmac("s3cret", kBody, "sha256="));
  EXPECT_FALSE(verify_webhook_hmac("s3cret", kBody, kHmac.substr(7)));
  EXPECT_FALSE(verify_webhook_hmac("s3cret", kBody, kHmac.substr(0, kHmac.size() - 2)));
  EXPECT_FALSE(verify_webhook_hmac("s3cret", kBody, std::string(kHmac) + "00"));
  for (std::size_t i = 0; i < kHmac.size(); ++i) {
    std::string other(kHmac);
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_FALSE(verify_webhook_hmac("s3cret", kBody, other)) << i;
  }
}

TEST(Webhook, AcceptsWhatTheKeySigned) {
  EXPECT_TRUE(verify_webhook_ed25519(kPublicKey, kBody, kSignature));
  EXPECT_TRUE(verify_webhook_ed25519(kPublicKey, kBody, std::string(kSignature) + "\n"));
}

TEST(Webhook, RefusesEveryOtherSignature) {
  EXPECT_FALSE(verify_webhook_ed25519(kPublicKey, "", kSignature));
  EXPECT_FALSE(verify_webhook_ed25519(kPublicKey, kBody, ""));
  EXPECT_FALSE(verify_webhook_ed25519("", kBody, kSignature));
  EXPECT_FALSE(verify_webhook_ed25519(kPublicKey.substr(4), kBody, kSignature));
  EXPECT_FALSE(verify_webhook_ed25519(kPublicKey, kBody, kSignature.substr(4)));
  EXPECT_FALSE(verify_webhook_ed25519("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", kBody,
                                      kSignature));  // a key of small order
  for (std::size_t i = 0; i < kSignature.size(); ++i) {
    std::string other(kSignature);
    other[i] = other[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify_webhook_ed25519(kPublicKey, kBody, other)) << i;
  }
}

}  // namespace
}  // namespace ruvector
