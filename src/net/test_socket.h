// Sockets of tests, the same on every system.
#pragma once

#ifndef _WIN32
#include <poll.h>
#include <unistd.h>
#endif

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "net/open_socket.h"
#include "net/socket_api.h"

namespace ruvector::net {

#ifdef _WIN32
inline constexpr int kShutBoth = SD_BOTH;
inline constexpr int kQuietly = 0;

inline int poll_sockets(WSAPOLLFD* sockets, unsigned long count, int timeout_ms) {
  return ::WSAPoll(sockets, count, timeout_ms);
}

// Without a shutdown before, unlike close_socket().
inline void close_at_once(int socket) { ::closesocket(system_socket(socket)); }

// Does not wait for room.
inline std::ptrdiff_t send_now(int socket, std::string_view bytes) {
  constexpr auto kSetNeverWaits = static_cast<long>(0x8004667eU);  // FIONBIO, of the right sign
  u_long never_waits = 1;
  ::ioctlsocket(system_socket(socket), kSetNeverWaits, &never_waits);
  const int count =
      ::send(system_socket(socket), bytes.data(), static_cast<int>(bytes.size()), kQuietly);
  never_waits = 0;
  ::ioctlsocket(system_socket(socket), kSetNeverWaits, &never_waits);
  return count;
}
#else
inline constexpr int kShutBoth = SHUT_RDWR;
inline constexpr int kQuietly = MSG_NOSIGNAL;

inline int poll_sockets(pollfd* sockets, nfds_t count, int timeout_ms) {
  return ::poll(sockets, count, timeout_ms);
}

// Without a shutdown before, unlike close_socket().
inline void close_at_once(int socket) { ::close(socket); }

// Does not wait for room.
inline std::ptrdiff_t send_now(int socket, std::string_view bytes) {
  return ::send(socket, bytes.data(), bytes.size(), kQuietly | MSG_DONTWAIT);
}
#endif

// What send() and recv() take for a number of bytes.
template <class Result, class Address, class Size>
Size count_type(Result (*)(SystemSocket, Address, Size, int));
using ByteCount = decltype(count_type(&::recv));

// As the system's, but without a signal when the peer is gone.
inline std::ptrdiff_t send_some(int socket, std::string_view bytes) {
  return ::send(system_socket(socket), bytes.data(), static_cast<ByteCount>(bytes.size()),
                kQuietly);
}
inline std::ptrdiff_t receive_some(int socket, char* bytes, std::size_t size) {
  return ::recv(system_socket(socket), bytes, static_cast<ByteCount>(size), 0);
}

template <class Value>
void set_option(int socket, int option, const Value& value) {
  ::setsockopt(system_socket(socket), SOL_SOCKET, option, reinterpret_cast<const char*>(&value),
               sizeof(value));
}

// Whether the socket can be read, or written to, in time.
inline bool is_ready(int socket, short events, std::chrono::milliseconds patience) {
  pollfd entry{.fd = system_socket(socket), .events = events, .revents = 0};
  return poll_sockets(&entry, 1, static_cast<int>(patience.count())) > 0;
}

struct Listener {
  int socket;
  int port;
};

// On loopback, on a port that is free. `receive_buffer` is the system's if it is 0.
inline Listener listen_on_loopback(int receive_buffer = 0) {
  const int listener = open_socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (receive_buffer != 0) set_option(listener, SO_RCVBUF, receive_buffer);
  if (::bind(system_socket(listener), any, size) != 0 ||
      ::listen(system_socket(listener), 1024) != 0 ||
      ::getsockname(system_socket(listener), any, &size) != 0) {
    throw std::runtime_error("no socket can listen on loopback");
  }
  return {listener, ntohs(address.sin_port)};
}

// False when nobody listens.
inline bool connect_to_loopback(int socket, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return ::connect(system_socket(socket), reinterpret_cast<sockaddr*>(&address), sizeof(address)) ==
         0;
}

// Two sockets, what is sent by one can be received from the other.
class SocketPair {
 public:
  SocketPair() : here_(open_socket(AF_INET, SOCK_STREAM, 0)) {
    const Listener listener = listen_on_loopback();
    const bool is_connected = connect_to_loopback(here_, listener.port);
    there_ = accept_socket(listener.socket);
    close_socket(listener.socket);
    if (!is_connected || there_ < 0) throw std::runtime_error("no connection on loopback");
  }
  ~SocketPair() {
    close_here();
    close_there();
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;

  int here() const { return here_; }
  // Whether a byte could be sent to this one, and be received there.
  bool say() const { return send_some(there_, "x") == 1; }
  bool hear() const {
    char ignored = 0;
    return receive_some(here_, &ignored, 1) == 1;
  }
  void close_there() { close(there_); }
  void close_here() { close(here_); }

 private:
  static void close(int& socket) {
    if (socket >= 0) close_socket(socket);
    socket = -1;
  }

  int here_ = -1;
  int there_ = -1;
};

}  // namespace ruvector::net
