// The connections of one transport, kept alive between requests: a multi handle of libcurl that the
// I/O thread drives. Transports share the thread but no connections, because a connection that one
// policy allows may be refused by another. Once it is used it lives until close().
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/easy_handle.h"
#include "net/http_transfer.h"
#include "net/io_thread.h"
#include "net/proxy.h"

namespace ruvector::net {

class ConnectionPool final : public IoThread::Watcher,
                             public std::enable_shared_from_this<ConnectionPool> {
 public:
  using Clock = IoThread::Clock;

  ConnectionPool(IoThread& io, HttpOptions options);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  IoThread& io() const noexcept { return io_; }
  const HttpOptions& options() const noexcept { return options_; }
  const Proxies& proxies() const noexcept { return proxies_; }

  // On the I/O thread, in posted tasks only.
  void start(const std::shared_ptr<HttpTransfer>& transfer);
  void cancel(HttpTransfer& transfer);
  void resume(HttpTransfer& transfer);
  void call_at(Clock::time_point time, std::function<void()> task);
  // When `transfer` is to be looked at has changed.
  void check_again(HttpTransfer& transfer);
  // Ends what is in flight as shut_down, drops tasks, closes connections. Nothing starts later.
  void close();
  bool is_closed() const noexcept { return is_closed_; }

  void on_socket(int socket, std::uint32_t events) override;
  void on_deadline(Clock::time_point now) override;

 private:
  struct Active {
    std::shared_ptr<HttpTransfer> transfer;
    std::optional<Clock::time_point> check;  // its place in `checks_`
  };

  bool open();
  void add(const std::shared_ptr<HttpTransfer>& transfer);
  void act(curl_socket_t socket, int events);
  void take_finished();
  void finish(HttpTransfer& transfer, const std::optional<Failure>& failure);
  void check_later(HttpTransfer& transfer);
  void check_transfers(Clock::time_point now);
  void run_tasks(Clock::time_point now);
  void update_deadline();
  static int watch_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* is_watched);
  static int set_timer(CURLM* multi, long timeout_ms, void* self);

  IoThread& io_;
  const HttpOptions options_;
  const Proxies proxies_;
  const std::string ca_file_;

  CURLM* multi_ = nullptr;
  bool is_closed_ = false;
  std::unordered_map<HttpTransfer*, Active> active_;
  std::vector<std::unique_ptr<EasyHandle>> idle_handles_;
  std::optional<Clock::time_point> curl_deadline_;
  std::set<std::pair<Clock::time_point, HttpTransfer*>> checks_;
  std::multimap<Clock::time_point, std::function<void()>> tasks_;
};

}  // namespace ruvector::net
