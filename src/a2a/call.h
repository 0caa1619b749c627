// One request that is answered at once: with a deadline, sent again where that does no harm, with
// new credentials after a 401. Lives on the I/O thread.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "a2a/link.h"
#include "a2a/retry_policy.h"
#include "net/transport.h"

namespace ruvector::a2a {

class Call final : public Operation,
                   public net::Receiver,
                   public std::enable_shared_from_this<Call> {
 public:
  struct Order {
    std::string what;  // for messages: "get_task"
    net::Request request{};
    RetryPolicy::Kind kind = RetryPolicy::Kind::read;
    std::optional<std::chrono::milliseconds> deadline{};  // of all attempts together
  };
  struct Answer {
    net::ResponseHead head{};
    std::string body{};
    std::exception_ptr error{};  // when there is none
    bool may_have_run = true;    // the peer may have got the request
  };
  using Done = std::function<void(Answer)>;

  // `done` is called once, on the I/O thread, whatever the answer's status is.
  Call(std::shared_ptr<Link> link, Order order, Done done);

  void start() override;
  void abort(std::exception_ptr why) override;

  void on_head(const net::ResponseHead& head) override;
  net::Flow on_data(std::string_view bytes) override;
  void on_end(const net::Failure* failure) override;

 private:
  void attempt();
  void send(const Credentials::Grant& grant);
  bool send_again_after(std::optional<std::chrono::milliseconds> delay, std::string_view why);
  std::chrono::milliseconds time_left() const;
  void finish(Answer answer);

  const std::shared_ptr<Link> link_;
  const Order order_;
  Done done_;  // null after the end
  std::shared_ptr<net::Transfer> transfer_;
  net::ResponseHead head_;
  std::string body_;
  std::chrono::steady_clock::time_point began_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  int attempts_ = 0;
  std::uint64_t generation_ = 0;           // of the credentials that were sent
  std::optional<std::uint64_t> rejected_;  // the generation that the peer did not like
};

}  // namespace ruvector::a2a
