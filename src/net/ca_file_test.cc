#include "net/ca_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace ruvector::net {
namespace {

class CaFile : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}) {
      ::unsetenv(name);
    }
  }
  void TearDown() override { SetUp(); }
};

TEST_F(CaFile, IsTheOneThatIsGiven) {
  ::setenv("SSL_CERT_FILE", "/of/the/environment", 1);
  EXPECT_EQ(find_ca_file("/given"), "/given");
}

TEST_F(CaFile, IsTheFirstThatTheEnvironmentNames) {
  ::setenv("REQUESTS_CA_BUNDLE", "/third", 1);
  EXPECT_EQ(find_ca_file(""), "/third");
  ::setenv("CURL_CA_BUNDLE", "/second", 1);
  EXPECT_EQ(find_ca_file(""), "/second");
  ::setenv("SSL_CERT_FILE", "", 1);
  EXPECT_EQ(find_ca_file(""), "/second");
  ::setenv("SSL_CERT_FILE", "/first", 1);
  EXPECT_EQ(find_ca_file(""), "/first");
}

TEST_F(CaFile, IsNoFolder) {
  ::setenv("REQUESTS_CA_BUNDLE", "/tmp", 1);
  EXPECT_NE(find_ca_file(""), "/tmp");
}

TEST_F(CaFile, IsTheSystemsOtherwise) {
  const std::string found = find_ca_file("");
  EXPECT_TRUE(found.empty() || std::filesystem::file_size(found) > 0) << found;
}

}  // namespace
}  // namespace ruvector::net
