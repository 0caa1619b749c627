#include "net/address_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace ruvector::net {
namespace {

struct Address {
  sockaddr_storage storage{};
  std::size_t size = 0;
  const sockaddr& get() const { return reinterpret_cast<const sockaddr&>(storage); }
};

Address address(const std::string& text) {
  Address result;
  auto& v4 = reinterpret_cast<sockaddr_in&>(result.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(result.storage);
  if (text.find(':') == std::string::npos) {
    v4.sin_family = AF_INET;
    result.size = sizeof(v4);
    if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) != 1) throw std::invalid_argument(text);
  } else {
    v6.sin6_family = AF_INET6;
    result.size = sizeof(v6);
    if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) != 1) throw std::invalid_argument(text);
  }
  return result;
}

AddressKind kind(const std::string& text) {
  const Address parsed = address(text);
  return classify(parsed.get(), parsed.size);
}

bool allowed(const AddressPolicy& policy, bool plain_http, const std::string& text) {
  const Address parsed = address(text);
  const bool by_address = !refusal(policy, plain_http, parsed.get(), parsed.size).has_value();
  EXPECT_EQ(by_address, !refusal(policy, plain_http, text).has_value()) << text;
  return by_address;
}

TEST(AddressPolicy, KnowsTheEdgesOfTheRangesOfIpv4) {
  using enum AddressKind;
  const std::pair<const char*, AddressKind> kinds[] = {
      {"0.0.0.0", unusable},
      {"0.255.255.255", unusable},
      {"1.0.0.0", global},
      {"9.255.255.255", global},
      {"10.0.0.0", private_network},
      {"10.255.255.255", private_network},
      {"11.0.0.0", global},
      {"100.63.255.255", global},
      {"100.64.0.0", private_network},
      {"100.100.100.199", private_network},
      {"100.100.100.200", metadata},
      {"100.127.255.255", private_network},
      {"100.128.0.0", global},
      {"126.255.255.255", global},
      {"127.0.0.1", loopback},
      {"127.255.255.255", loopback},
      {"128.0.0.0", global},
      {"168.63.129.16", metadata},
      {"169.253.255.255", global},
      {"169.254.0.0", link_local},
      {"169.254.169.254", metadata},
      {"169.254.255.255", link_local},
      {"169.255.0.0", global},
      {"172.15.255.255", global},
      {"172.16.0.0", private_network},
      {"172.31.255.255", private_network},
      {"172.32.0.0", global},
      {"192.0.0.192", metadata},
      {"192.167.255.255", global},
      {"192.168.0.0", private_network},
      {"192.169.0.0", global},
      {"198.17.255.255", global},
      {"198.18.0.0", private_network},
      {"198.19.255.255", private_network},
      {"198.20.0.0", global},
      {"223.255.255.255", global},
      {"224.0.0.1", unusable},
      {"240.0.0.1", unusable},
      {"255.255.255.255", unusable},
      {"8.8.8.8", global},
  };
  for (const auto& [text, expected] : kinds) EXPECT_EQ(kind(text), expected) << text;
}

TEST(AddressPolicy, KnowsTheRangesOfIpv6) {
  using enum AddressKind;
  const std::pair<const char*, AddressKind> kinds[] = {
      {"::", unusable},
      {"::1", loopback},
      {"fe80::1", link_local},
      {"febf::1", link_local},
      {"fec0::1", private_network},
      {"fc00::1", private_network},
      {"fdff::1", private_network},
      {"fd00:ec2::254", metadata},
      {"fd20:ce::254", metadata},
      {"ff02::1", unusable},
      {"2606:4700::1111", global},
      {"2001:db8::1", global},
  };
  for (const auto& [text, expected] : kinds) EXPECT_EQ(kind(text), expected) << text;
}

TEST(AddressPolicy, SeesTheIpv4AddressInsideOfIpv6) {
  using enum AddressKind;
  const std::pair<const char*, AddressKind> kinds[] = {
      {"::ffff:127.0.0.1", loopback},
      {"::ffff:169.254.169.254", metadata},
      {"::ffff:10.1.2.3", private_network},
      {"::ffff:8.8.8.8", global},
      {"::ffff:0:169.254.169.254", metadata},
      {"::127.0.0.1", loopback},
      {"64:ff9b::169.254.169.254", metadata},
      {"64:ff9b::10.0.0.1", private_network},
      {"64:ff9b::8.8.8.8", global},
      {"64:ff9b:1::169.254.169.254", metadata},
      {"64:ff9b:1::8.8.8.8", private_network},
      {"2002:a9fe:a9fe::1", metadata},
      {"2002:7f00:1::", loopback},
      {"2002:808:808::", global},
      {"2001:0:1:2:3:4:5601:5601", metadata},  // Teredo: every bit of the address is turned
      {"2001:0:1:2:3:4:f7f7:f7f7", global},
      {"2606:4700::5efe:a9fe:a9fe", metadata},
      {"2606:4700::200:5efe:7f00:1", loopback},
  };
  for (const auto& [text, expected] : kinds) EXPECT_EQ(kind(text), expected) << text;
}

TEST(AddressPolicy, RefusesLinkLocalMetadataAndNoPeerByDefault) {
  const AddressPolicy policy;
  for (const char* text :
       {"169.254.169.254", "169.254.1.1", "fe80::1", "fd00:ec2::254", "100.100.100.200", "0.0.0.0",
        "::", "224.0.0.1", "255.255.255.255", "::ffff:169.254.169.254"}) {
    EXPECT_FALSE(allowed(policy, false, text)) << text;
  }
  for (const char* text : {"8.8.8.8", "10.0.0.1", "127.0.0.1", "::1", "fc00::1", "2606:4700::1"}) {
    EXPECT_TRUE(allowed(policy, false, text)) << text;
  }
}

TEST(AddressPolicy, FollowsEachSwitch) {
  EXPECT_FALSE(allowed({.allow_loopback = false}, false, "127.0.0.1"));
  EXPECT_FALSE(allowed({.allow_loopback = false}, false, "::ffff:127.0.0.1"));
  EXPECT_FALSE(allowed({.allow_private = false}, false, "192.168.1.1"));
  EXPECT_FALSE(allowed({.allow_private = false}, false, "100.64.0.1"));
  EXPECT_TRUE(allowed({.allow_private = false}, false, "8.8.8.8"));
  EXPECT_TRUE(allowed({.allow_link_local = true}, false, "169.254.169.254"));
  EXPECT_FALSE(allowed({.allow_link_local = true}, false, "0.0.0.0"));
}

TEST(AddressPolicy, AllowsPlainHttpToLoopbackOnly) {
  EXPECT_TRUE(allowed({}, true, "127.0.0.1"));
  EXPECT_TRUE(allowed({}, true, "::1"));
  EXPECT_FALSE(allowed({}, true, "8.8.8.8"));
  EXPECT_FALSE(allowed({}, true, "192.168.1.1"));
  EXPECT_TRUE(allowed({.allow_plain_http = true}, true, "8.8.8.8"));
}

TEST(AddressPolicy, NamesTheAddressAndTheSwitch) {
  const Address parsed = address("169.254.169.254");
  EXPECT_THAT(refusal({}, false, parsed.get(), parsed.size).value(),
              testing::AllOf(testing::HasSubstr("169.254.169.254"),
                             testing::HasSubstr("allow_link_local")));
}

TEST(AddressPolicy, JudgesHostsThatAreAddressesAndLocalhost) {
  EXPECT_TRUE(refusal({}, false, "[fe80::1]").has_value());
  EXPECT_TRUE(refusal({.allow_loopback = false}, false, "localhost").has_value());
  EXPECT_TRUE(refusal({.allow_loopback = false}, false, "a.localhost").has_value());
  EXPECT_FALSE(refusal({}, true, "localhost").has_value());
  EXPECT_FALSE(refusal({.allow_loopback = false}, true, "peer.example.com").has_value());
}

TEST(AddressPolicy, KnowsNoNameButLocalhost) {
  EXPECT_EQ(classify("localhost"), AddressKind::loopback);
  EXPECT_EQ(classify("[::1]"), AddressKind::loopback);
  EXPECT_EQ(classify("8.8.8.8"), AddressKind::global);
  EXPECT_EQ(classify("peer.example.com"), std::nullopt);
  EXPECT_EQ(classify(std::string(1000, '1')), std::nullopt);
}

TEST(AddressPolicy, RefusesOtherFamiliesAndShortAddresses) {
  sockaddr_storage local{};
  local.ss_family = AF_UNIX;
  const auto& generic = reinterpret_cast<const sockaddr&>(local);
  EXPECT_TRUE(refusal({}, false, generic, sizeof(local)).has_value());
  const Address parsed = address("127.0.0.1");
  EXPECT_TRUE(refusal({}, false, parsed.get(), 4).has_value());
}

}  // namespace
}  // namespace ruvector::net
