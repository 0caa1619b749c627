// A TCP server on loopback for tests: it runs a script for each connection, on a thread of its own.
// Its bytes are exactly what the script writes.
#pragma once

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "net/open_socket.h"
#include "net/poller.h"
#include "net/test_socket.h"

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
      const std::ptrdiff_t count = send_some(socket_, bytes);
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
      if (!is_ready(socket_, POLLOUT, patience)) break;
      const std::ptrdiff_t count = send_now(socket_, bytes.substr(written));
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
      if (left.count() <= 0 || !is_ready(socket_, POLLIN, left)) return false;
      if (!read_more()) return true;
    }
  }

  // Ends the connection by RST.
  void reset() {
    const linger at_once{1, 0};
    set_option(socket_, SO_LINGER, at_once);
  }

 private:
  bool read_more() {
    char bytes[16384];
    std::ptrdiff_t count = 0;
    do {
      count = receive_some(socket_, bytes, sizeof(bytes));
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
  explicit TestServer(Script script, int receive_buffer = 0)
      : script_(std::move(script)), listener_(listen_on_loopback(receive_buffer)) {
    poller_.watch(listener_.socket, Poller::kReadable, 0, false);
    thread_ = std::thread([this] { accept(); });
  }

  ~TestServer() {
    is_stopping_ = true;
    poller_.wake();
    thread_.join();
    close_socket(listener_.socket);
    {
      const std::lock_guard lock(mutex_);
      for (const int socket : open_) ::shutdown(system_socket(socket), kShutBoth);
    }
    for (std::thread& thread : threads_) thread.join();
  }

  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return listener_.port; }
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port()) + path;
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
      if (poller_.wait(-1).empty()) continue;
      const int socket = accept_socket(listener_.socket);
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
    close_at_once(socket);
  }

  Script script_;
  Listener listener_;
  Poller poller_;
  std::atomic<bool> is_stopping_{false};
  std::atomic<std::size_t> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread thread_;
};

}  // namespace ruvector::net
