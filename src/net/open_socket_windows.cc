#include <cerrno>

#include "net/open_socket.h"
#include "net/socket_api.h"

namespace ruvector::net {
namespace {

bool has_sockets() noexcept {
  static const bool started = [] {
    WSADATA ignored{};
    return ::WSAStartup(MAKEWORD(2, 2), &ignored) == 0;
  }();
  return started;
}

int or_errno(SOCKET socket) noexcept {
  if (socket != INVALID_SOCKET) return static_cast<int>(socket);
  switch (::WSAGetLastError()) {
    case WSAENOTSOCK:
    case WSAEBADF:
      errno = EBADF;
      break;
    case WSAEMFILE:
      errno = EMFILE;
      break;
    case WSAENOBUFS:
      errno = ENOBUFS;
      break;
    case WSAEWOULDBLOCK:
      errno = EWOULDBLOCK;
      break;
    default:
      errno = EINVAL;
  }
  return -1;
}

}  // namespace

int open_socket(int family, int type, int protocol) noexcept {
  if (!has_sockets()) {
    errno = ENOSYS;
    return -1;
  }
  return or_errno(::WSASocketW(family, type, protocol, nullptr, 0,
                               WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT));
}

// A program that another thread starts meanwhile inherits the socket.
int accept_socket(int listener) noexcept {
  const SOCKET accepted = ::accept(system_socket(listener), nullptr, nullptr);
  if (accepted != INVALID_SOCKET) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a socket is a handle
    ::SetHandleInformation(reinterpret_cast<HANDLE>(accepted), HANDLE_FLAG_INHERIT, 0);
  }
  return or_errno(accepted);
}

int close_socket(int socket) noexcept {
  ::shutdown(system_socket(socket), SD_BOTH);
  return ::closesocket(system_socket(socket)) == 0 ? 0 : -1;
}

}  // namespace ruvector::net
