#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/open_socket.h"

namespace ruvector::net {
namespace {

// A program that another thread starts meanwhile inherits the socket.
int made_private(int socket) noexcept {
  if (socket >= 0) ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  return socket;
}

}  // namespace

int open_socket(int family, int type, int protocol) noexcept {
  return made_private(::socket(family, type, protocol));
}

int accept_socket(int listener) noexcept {
  return made_private(::accept(listener, nullptr, nullptr));
}

int close_socket(int socket) noexcept {
  ::shutdown(socket, SHUT_RDWR);
  return ::close(socket);
}

}  // namespace ruvector::net
