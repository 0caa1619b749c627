// One connection of a stream: its request, credentials, the answer's head, and events until it
// ends. Lives on the I/O thread; cut() may be called from any.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "a2a/credentials.h"
#include "a2a/link.h"
#include "net/sse_parser.h"
#include "net/transport.h"

namespace ruvector::a2a {

class EventLine final : public net::Receiver, public std::enable_shared_from_this<EventLine> {
 public:
  // Not called any more after let_go().
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_line_open() = 0;  // an event stream it is
    virtual void on_line_event(const net::SseEvent& event) = 0;
    // Asked before each event. When it says no, resume() is to follow.
    virtual bool wants_more() = 0;
    // After all events that came together.
    virtual void on_line_pause() = 0;
    // A complete answer that is no event stream; nothing follows.
    virtual void on_line_answer(const net::ResponseHead& head, std::string body) = 0;
    // The end of an event stream, or of an attempt to get an answer.
    virtual void on_line_end(const net::Failure* failure) = 0;
    // No server-sent events; nothing follows.
    virtual void on_line_nonsense(std::exception_ptr error) = 0;
  };

  EventLine(std::shared_ptr<Link> link, std::weak_ptr<Owner> owner,
            std::optional<std::chrono::milliseconds> idle_timeout);

  void open(net::Request request);
  // Goes on after wants_more() said no.
  void resume();
  // The owner hears nothing any more. The connection is closed, at once or when the peer has had
  // `grace` to close it.
  void let_go(std::chrono::milliseconds grace);
  // Closes the connection.
  void cut();
  // What came waits for the owner.
  bool is_paused() const noexcept { return is_paused_; }
  std::optional<std::uint64_t> retry_ms() const noexcept { return parser_.retry_ms(); }

  void on_head(const net::ResponseHead& head) override;
  net::Flow on_data(std::string_view bytes) override;
  void on_end(const net::Failure* failure) override;

 private:
  std::shared_ptr<Owner> owner() const { return owner_.lock(); }
  void send(const Credentials::Grant& grant);
  bool log_in_again();
  bool drain();
  void end(const net::Failure* failure);
  void watch();
  void await_answer();
  void fail(net::Failure::Kind kind, const std::string& message);
  std::shared_ptr<net::Transfer> transfer();

  const std::shared_ptr<Link> link_;
  std::weak_ptr<Owner> owner_;
  const std::optional<std::chrono::milliseconds> idle_timeout_;
  net::Request request_;
  net::SseParser parser_;
  net::ResponseHead head_;
  std::string body_;
  bool is_events_ = false;
  bool is_paused_ = false;
  bool is_over_ = false;
  bool has_ended_ = false;               // the connection; events may still be there
  std::optional<net::Failure> failure_;  // how
  std::chrono::steady_clock::time_point last_byte_;
  std::chrono::steady_clock::time_point began_;
  std::uint64_t generation_ = 0;
  std::optional<std::uint64_t> rejected_;

  std::mutex transfer_mutex_;
  std::shared_ptr<net::Transfer> transfer_;
  bool is_cut_ = false;
};

}  // namespace ruvector::a2a
