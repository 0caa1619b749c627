#include "base/base64.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <utility>

namespace ruvector::base {
namespace {

// RFC 4648, section 10.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kVectors = {{
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
}};

TEST(Base64, AgreesWithTheVectorsOfTheStandard) {
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(to_base64(bytes, Base64::standard), text);
    EXPECT_EQ(from_base64(text, Base64::standard), bytes);
    const std::string_view bare = text.substr(0, text.find('='));
    EXPECT_EQ(to_base64(bytes, Base64::url_safe), bare);
    EXPECT_EQ(from_base64(bare, Base64::url_safe), bytes);
  }
}

TEST(Base64, TheAlphabetsDifferInTheirLastTwoDigits) {
  EXPECT_EQ(to_base64("\xfb\xef\xff", Base64::standard), "++//");
  EXPECT_EQ(to_base64("\xfb\xef\xff", Base64::url_safe), "--__");
  EXPECT_EQ(from_base64("++//", Base64::url_safe), std::nullopt);
  EXPECT_EQ(from_base64("--__", Base64::standard), std::nullopt);
}

TEST(Base64, EveryByteComesBack) {
  std::mt19937 random(3);
  for (std::size_t size = 0; size < 100; ++size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() & 0xFF);
    EXPECT_EQ(from_base64(to_base64(bytes, Base64::standard), Base64::standard), bytes);
    EXPECT_EQ(from_base64(to_base64(bytes, Base64::url_safe), Base64::url_safe), bytes);
  }
}

TEST(Base64, RefusesASecondTextOfTheSameBytes) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z", "Z===", "====", "=",
                           "==", "Zg==\n", " Zg==", "Zm9v\nYg==", "Zg==Zg==", "Z=g="}) {
    EXPECT_EQ(from_base64(text, Base64::standard), std::nullopt) << text;
  }
  for (const char* text : {"Zg==", "Zh", "Zm9", "Z", "Zg\n", "Zm8="}) {
    EXPECT_EQ(from_base64(text, Base64::url_safe), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace ruvector::base
