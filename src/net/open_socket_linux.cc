#include <sys/socket.h>
#include <unistd.h>

#include "net/open_socket.h"

namespace ruvector::net {

int open_socket(int family, int type, int protocol) noexcept {
  return ::socket(family, type | SOCK_CLOEXEC, protocol);
}

int accept_socket(int listener) noexcept {
  return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
}

int close_socket(int socket) noexcept {
  ::shutdown(socket, SHUT_RDWR);
  return ::close(socket);
}

}  // namespace ruvector::net
