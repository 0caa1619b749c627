#include <fcntl.h>
#include <gtest/gtest.h>

#include "net/open_socket.h"
#include "net/test_socket.h"

namespace ruvector::net {
namespace {

bool is_private(int socket) { return (::fcntl(socket, F_GETFD) & FD_CLOEXEC) != 0; }

TEST(OpenSocket, BothEndsOfAConnectionArePrivate) {
  const Listener listener = listen_on_loopback();
  const int caller = open_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  ASSERT_TRUE(connect_to_loopback(caller, listener.port));
  const int called = accept_socket(listener.socket);
  ASSERT_GE(called, 0);
  for (const int socket : {listener.socket, caller, called}) {
    EXPECT_TRUE(is_private(socket));
    EXPECT_EQ(close_socket(socket), 0);
  }
}

}  // namespace
}  // namespace ruvector::net
