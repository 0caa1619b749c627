// A TCP server on loopback for tests: it runs a script for each connection, on a thread of its own.
// Its bytes are exactly what the script writes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "net/open_socket.h"
#include "ruvector/base/wakeup.h"

namespace ruvector::net {

class TestConnection {
 public:
  explicit TestConnection(int socket, std::size_t number) : socket_(socket), number_(number) {}

  // The how-manieth of its server, from 0.
  std::size_t number() const { return number_; }
  int socket() const { return socket_; }

  // Head and body of the next request; empty when the peer has ended.
  std::string read_request() {
    for (;;) {
      const std::size_t end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t size = end + 4 + content_length(buffer_.substr(0, end));
        while (buffer_.size() < size && read_more()) {
        }
        std::string request = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return request;
      }
      if (!read_more()) return {};
    }
  }

  // False when the peer is gone.
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  bool answer(std::string_view body, std::string_view headers = "") {
    return write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                 std::string(headers) + "\r\n" + std::string(body));
  }

  bool chunk(std::string_view bytes) {
    char size[32];
    const auto end = std::to_chars(size, size + sizeof(size), bytes.size(), 16).ptr;
    return write(std::string(size, end) + "\r\n" + std::string(bytes) + "\r\n");
  }

  // How many of `bytes` the peer takes before its window has been full for `patience`.
  std::size_t write_until_full(std::string_view bytes, std::chrono::milliseconds patience) {
    std::size_t written = 0;
    while (written < bytes.size()) {
      pollfd wait{socket_, POLLOUT, 0};
      if (::poll(&wait, 1, static_cast<int>(patience.count())) <= 0) break;
      const ssize_t count = ::send(socket_, bytes.data() + written, bytes.size() - written,
                                   MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count <= 0) break;
      written += static_cast<std::size_t>(count);
    }
    return written;
  }

  // Whether the peer ends the connection in time.
  bool peer_ends_within(std::chrono::milliseconds time) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    for (;;) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd wait{socket_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return false;
      if (!read_more()) return true;
    }
  }

  // Ends the connection by RST.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }

 private:
  bool read_more() {
    char bytes[16384];
    ssize_t count = 0;
    do {
      count = ::recv(socket_, bytes, sizeof(bytes), 0);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  static std::size_t content_length(const std::string& head) {
    constexpr std::string_view kName = "Content-Length: ";
    const std::size_t at = head.find(kName);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + kName.size()));
  }

  int socket_;
  std::size_t number_;
  std::string buffer_;
};

class TestServer {
 public:
  using Script = std::function<void(TestConnection&)>;

  // When `script` returns, the connection is closed.
  explicit TestServer(Script script, int receive_buffer = 0) : script_(std::move(script)) {
    listener_ = open_socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (receive_buffer != 0) {
      ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 1024) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::system_error(errno, std::generic_category());
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept(); });
  }

  ~TestServer() {
    is_stopping_ = true;
    stop_.notify();
    thread_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
  }

  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  std::size_t connections() const { return connections_; }
  // Whether a connection has not been closed yet.
  bool has_open() {
    const std::lock_guard lock(mutex_);
    return !open_.empty();
  }

 private:
  void accept() {
    while (!is_stopping_) {
      pollfd waiting[2] = {{.fd = listener_, .events = POLLIN, .revents = 0},
                           {.fd = stop_.descriptor(), .events = POLLIN, .revents = 0}};
      if (::poll(waiting, 2, -1) < 0 || (waiting[0].revents & POLLIN) == 0) continue;
      const int socket = accept_socket(listener_);
      if (socket < 0) continue;
      const std::lock_guard lock(mutex_);
      open_.push_back(socket);
      threads_.emplace_back([this, socket, number = connections_++] { serve(socket, number); });
    }
  }

  void serve(int socket, std::size_t number) {
    TestConnection connection(socket, number);
    script_(connection);
    const std::lock_guard lock(mutex_);
    std::erase(open_, socket);
    ::close(socket);
  }

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  Wakeup stop_;
  std::atomic<bool> is_stopping_{false};
  std::atomic<std::size_t> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread thread_;
};

}  // namespace ruvector::net
