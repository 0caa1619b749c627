// What the requests of one client have in common: the transport, credentials, the rules for sending
// again, the observer, and the list of what is in flight.
// launch(), post() and close() are thread-safe; all else is used on the I/O thread.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <set>

#include "a2a/credentials.h"
#include "a2a/retry_policy.h"
#include "net/transport.h"
#include "ruvector/a2a/client.h"

namespace ruvector::a2a {

// Something that a client does over some time. Its methods are called on the I/O thread.
class Operation {
 public:
  Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  virtual ~Operation() = default;
  virtual void start() = 0;
  // Ends it with `why`, also before the start; nothing when it has ended.
  virtual void abort(std::exception_ptr why) = 0;
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  using Notice = ConnectOptions::Notice;

  Link(std::shared_ptr<net::Transport> transport, const ConnectOptions& options,
       RetryPolicy::Sources sources);

  // Starts `operation` soon on the I/O thread. Throws A2aError when the link is closed. The
  // function cancels it.
  A2aClient::Cancel launch(std::shared_ptr<Operation> operation);
  // The same from the I/O thread, at once.
  void begin(const std::shared_ptr<Operation>& operation);
  void ended(const std::shared_ptr<Operation>& operation);

  // Runs `task` on the I/O thread.
  void post(std::function<void()> task) { after({}, std::move(task)); }
  void after(std::chrono::nanoseconds delay, std::function<void()> task) {
    transport_->call_after(delay, std::move(task));
  }

  // Ends what is in flight with a TransportError.
  void close();
  void require_open() const;

  void notify(Notice::Kind kind, std::string_view method, std::string_view url, int status,
              std::chrono::steady_clock::duration elapsed, std::string_view detail) const;
  bool is_observed() const noexcept { return observer_ != nullptr; }

  net::Transport& transport() const noexcept { return *transport_; }
  std::chrono::steady_clock::time_point now() const { return transport_->now(); }
  Credentials& credentials() const noexcept { return *credentials_; }
  const RetryPolicy& retry() const noexcept { return retry_; }
  const HttpOptions& http() const noexcept { return http_; }

 private:
  const std::shared_ptr<net::Transport> transport_;
  const std::shared_ptr<Credentials> credentials_;
  const RetryPolicy retry_;
  const HttpOptions http_;
  const std::function<void(const Notice&)> observer_;
  std::atomic<bool> is_closed_{false};
  std::set<std::shared_ptr<Operation>> in_flight_;
};

}  // namespace ruvector::a2a
