#include "net/open_socket.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "net/test_socket.h"

namespace ruvector::net {
namespace {

TEST(OpenSocket, WhatOneEndSendsTheOtherReceives) {
  SocketPair pair;
  EXPECT_TRUE(pair.say());
  EXPECT_TRUE(pair.hear());
  pair.close_there();
  EXPECT_FALSE(pair.hear()) << "the end of the connection was not told";
}

TEST(OpenSocket, WhatCannotBeOpenedIsAnError) {
  EXPECT_EQ(open_socket(-1, SOCK_STREAM, 0), -1);
  EXPECT_NE(errno, 0);
  EXPECT_EQ(accept_socket(-1), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(close_socket(-1), -1);
}

}  // namespace
}  // namespace ruvector::net
