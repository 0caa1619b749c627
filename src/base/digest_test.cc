#include "base/digest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ruvector::base {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

template <std::size_t kSize>
std::array<std::byte, kSize> bytes_from(std::string_view hex) {
  std::array<std::byte, kSize> bytes;
  EXPECT_TRUE(from_hex(hex, bytes)) << hex;
  return bytes;
}

// The examples that NIST publishes for FIPS 180-4.
TEST(Digest, Sha256EqualsThePublishedExamples) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(bytes_of("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(bytes_of(std::string(1'000'000, 'a')))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The examples that NIST publishes for FIPS 202: no message, and 200 bytes of 0xa3.
TEST(Digest, Shake256EqualsThePublishedExamples) {
  EXPECT_EQ(to_hex(shake256({})),
            "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f");
  EXPECT_EQ(to_hex(shake256(bytes_of(std::string(200, '\xa3')))),
            "cd8a920ed141aa0407a22d59288652e9d9f1a7ee0c1e7c1ca699424da84a904d");
}

TEST(Digest, DoesNotDependOnHowTheBytesAreCut) {
  const std::string text(1000, 'x');
  for (const auto algorithm : {Hasher::Algorithm::sha256, Hasher::Algorithm::shake256}) {
    Hasher whole(algorithm);
    whole.update(text);
    const Digest expected = whole.finish();
    for (const std::size_t piece : {1u, 63u, 64u, 65u, 136u, 999u}) {
      Hasher first(algorithm);
      first.update(nullptr, 0);
      Hasher hasher = std::move(first);
      for (std::size_t at = 0; at < text.size(); at += piece) {
        hasher.update(std::string_view(text).substr(at, piece));
      }
      EXPECT_EQ(hasher.finish(), expected) << piece;
    }
  }
}

TEST(Digest, ManyThreadsHashAtOnce) {
  std::vector<Digest> digests(8);
  std::vector<std::thread> threads;
  for (Digest& digest : digests) {
    threads.emplace_back([&digest] {
      for (int i = 0; i < 200; ++i) digest = shake256(bytes_of(std::to_string(i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::ranges::count(digests, shake256(bytes_of("199"))), 8);
}

struct SignatureExample {
  std::string_view private_key;
  std::string_view public_key;
  std::string_view message;
  std::string_view signature;
};

// RFC 8032, section 7.1, tests 1 to 3.
constexpr SignatureExample kSignatureExamples[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
     "b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
     "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
     "c6594a7c15e9716ed28dc027beceea1ec40a"}};

TEST(Ed25519, EqualsTheExamplesOfTheStandard) {
  for (const SignatureExample& example : kSignatureExamples) {
    const auto private_key = bytes_from<32>(example.private_key);
    EXPECT_EQ(to_hex(ed25519_public_key(private_key)), example.public_key);
    const auto signature = ed25519_sign(private_key, bytes_of(example.message));
    EXPECT_EQ(to_hex(signature), example.signature);
    EXPECT_TRUE(
        ed25519_verify(bytes_from<32>(example.public_key), bytes_of(example.message), signature));
  }
}

TEST(Ed25519, EveryChangedBitOfMessageSignatureOrKeyIsRefused) {
  const SignatureExample& example = kSignatureExamples[2];
  const auto key = bytes_from<32>(example.public_key);
  const auto signature = bytes_from<64>(example.signature);
  for (std::size_t bit = 0; bit < 512; ++bit) {
    auto changed = signature;
    changed[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(ed25519_verify(key, bytes_of(example.message), changed)) << bit;
  }
  for (std::size_t bit = 0; bit < 256; ++bit) {
    auto changed = key;
    changed[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(ed25519_verify(changed, bytes_of(example.message), signature)) << bit;
  }
  EXPECT_FALSE(ed25519_verify(key, bytes_of("\xaf\x83"), signature));
  EXPECT_FALSE(ed25519_verify(key, {}, signature));
}

TEST(Hex, IsLowerCaseAndReadsBackNothingElse) {
  const std::array<std::byte, 4> bytes = {std::byte{0x00}, std::byte{0x9f}, std::byte{0xa0},
                                          std::byte{0xff}};
  EXPECT_EQ(to_hex(bytes), "009fa0ff");
  EXPECT_EQ(bytes_from<4>("009fa0ff"), bytes);
  std::array<std::byte, 4> other;
  for (const char* wrong : {"", "009fa0f", "009fa0ff0", "009FA0FF", "009fa0fg", "0x9fa0ff",
                            "009fa0f ", "009fa0f/", "009fa0f:", "009fa0f`"}) {
    EXPECT_FALSE(from_hex(wrong, other)) << wrong;
  }
}

}  // namespace
}  // namespace ruvector::base
