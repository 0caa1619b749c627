#include <winsock2.h>

#include <cerrno>

#include "base/windows_file.h"
#include "ruvector/base/wakeup.h"

namespace ruvector {
namespace {

constexpr auto kSetNeverWaits = static_cast<long>(0x8004667eU);  // FIONBIO, of the right sign

// Event loops wait for sockets here, and for nothing else: one that sends to itself, over the
// machine's own network.
SOCKET make_socket() noexcept {
  const SOCKET made = ::WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, nullptr, 0,
                                   WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (made == INVALID_SOCKET) return made;
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  auto* const address = reinterpret_cast<sockaddr*>(&own);
  int size = sizeof(own);
  u_long never_waits = 1;
  // Connected, it takes what comes from its own address only.
  if (::bind(made, address, size) == 0 && ::getsockname(made, address, &size) == 0 &&
      ::connect(made, address, size) == 0 &&
      ::ioctlsocket(made, kSetNeverWaits, &never_waits) == 0) {
    return made;
  }
  ::closesocket(made);
  return INVALID_SOCKET;
}

bool has_sockets() noexcept {
  static const bool started = [] {
    WSADATA ignored{};
    return ::WSAStartup(MAKEWORD(2, 2), &ignored) == 0;
  }();
  return started;
}

SOCKET socket_of(int fd) noexcept { return static_cast<SOCKET>(fd); }

}  // namespace

// A socket is a handle, of which 31 bits count.
Wakeup::Wakeup() noexcept {
  const SOCKET made = has_sockets() ? make_socket() : INVALID_SOCKET;
  if (made == INVALID_SOCKET) {
    errno = EMFILE;
    return;
  }
  wait_fd_ = notify_fd_ = static_cast<int>(made);
}

Wakeup::~Wakeup() {
  if (is_open()) ::closesocket(socket_of(wait_fd_));
}

// One that is full is readable.
void Wakeup::notify() noexcept {
  const char one = 1;
  ::send(socket_of(notify_fd_), &one, 1, 0);
}

void Wakeup::reset() noexcept {
  char ignored = 0;
  while (::recv(socket_of(wait_fd_), &ignored, 1, 0) == 1) {
  }
}

}  // namespace ruvector
