#include "net/ca_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/test_variable.h"

namespace ruvector::net {
namespace {

class CaFile : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}) {
      base::remove_variable(name);
    }
  }
  void TearDown() override { SetUp(); }
};

TEST_F(CaFile, IsTheOneThatIsGiven) {
  base::set_variable("SSL_CERT_FILE", "/of/the/environment");
  EXPECT_EQ(find_ca_file("/given"), "/given");
}

TEST_F(CaFile, IsTheFirstThatTheEnvironmentNames) {
  base::set_variable("REQUESTS_CA_BUNDLE", "/third");
  EXPECT_EQ(find_ca_file(""), "/third");
  base::set_variable("CURL_CA_BUNDLE", "/second");
  EXPECT_EQ(find_ca_file(""), "/second");
  base::set_variable("SSL_CERT_FILE", "");
  EXPECT_EQ(find_ca_file(""), "/second");
  base::set_variable("SSL_CERT_FILE", "/first");
  EXPECT_EQ(find_ca_file(""), "/first");
}

TEST_F(CaFile, IsNoFolder) {
  base::set_variable("REQUESTS_CA_BUNDLE", "/tmp");
  EXPECT_NE(find_ca_file(""), "/tmp");
}

TEST_F(CaFile, IsTheSystemsOtherwise) {
  const std::string found = find_ca_file("");
  EXPECT_TRUE(found.empty() || std::filesystem::file_size(found) > 0) << found;
}

}  // namespace
}  // namespace ruvector::net
