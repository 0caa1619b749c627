#include "net/open_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace ruvector::net {
namespace {

bool is_private(int socket) { return (::fcntl(socket, F_GETFD) & FD_CLOEXEC) != 0; }

TEST(OpenSocket, BothEndsOfAConnectionArePrivate) {
  const int listener = open_socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_GE(listener, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener, any, size), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ASSERT_EQ(::getsockname(listener, any, &size), 0);
  const int caller = open_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  ASSERT_EQ(::connect(caller, any, size), 0);
  const int called = accept_socket(listener);
  ASSERT_GE(called, 0);
  for (const int socket : {listener, caller, called}) {
    EXPECT_TRUE(is_private(socket));
    ::close(socket);
  }
}

TEST(OpenSocket, WhatCannotBeOpenedIsAnError) {
  EXPECT_EQ(open_socket(-1, SOCK_STREAM, 0), -1);
  EXPECT_NE(errno, 0);
  EXPECT_EQ(accept_socket(-1), -1);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace ruvector::net
