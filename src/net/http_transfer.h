// One request in flight. What is not of Transfer runs on the I/O thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/easy_handle.h"
#include "net/header_reader.h"
#include "net/io_thread.h"
#include "net/transport.h"

namespace ruvector::net {

class ConnectionPool;

class HttpTransfer final : public Transfer,
                           public EasyHandle::Events,
                           public std::enable_shared_from_this<HttpTransfer> {
 public:
  using Clock = IoThread::Clock;

  HttpTransfer(std::shared_ptr<ConnectionPool> pool, Request request,
               std::shared_ptr<Receiver> receiver);
  ~HttpTransfer() override;

  void cancel() override;
  void resume() override;

  // Sets up `handle` for the request; throws std::exception for a request that cannot be made, and
  // then `handle` is free again.
  void begin(std::unique_ptr<EasyHandle>& handle);
  bool is_active() const noexcept { return handle_ != nullptr; }
  EasyHandle& handle() const noexcept { return *handle_; }
  // The failure that libcurl or a callback of this has found; nothing if all went well.
  std::optional<Failure> outcome(int code) const;
  // A failure that was found here, with how far the request had come.
  Failure failure(Failure::Kind kind, const std::string& text) const;
  // As above, of what begin() has thrown.
  Failure start_failure(const std::string& what) const;
  // Gives the handle back, ready for another request.
  std::unique_ptr<EasyHandle> release_handle() noexcept;
  // The last call of the receiver.
  void end(const Failure* failure) noexcept;

  void resume_here();
  // When a stream that gets nothing is to be looked at again; nothing for others.
  std::optional<Clock::time_point> next_check() const noexcept;
  // The timeout that has passed at `now`.
  std::optional<Failure> overdue(Clock::time_point now) const;

  bool on_header_line(std::string_view line) override;
  EasyHandle::Taken on_body(std::string_view bytes) override;
  bool on_connected() override;
  bool may_connect(const sockaddr& address, std::size_t size) override;

 private:
  bool give_up(Failure::Kind kind, const std::string& text);
  bool request_was_sent() const noexcept;
  bool may_be_repeated() const noexcept;
  void end_in_child() noexcept;

  const std::shared_ptr<ConnectionPool> pool_;
  const std::uint64_t epoch_;
  const Request request_;
  std::shared_ptr<Receiver> receiver_;
  std::atomic<bool> is_cancelled_{false};
  std::atomic<bool> has_ended_{false};

  std::unique_ptr<EasyHandle> handle_;
  HeaderReader headers_;
  std::chrono::milliseconds total_timeout_{0};
  std::string origin_;
  bool is_plain_http_ = false;
  bool has_proxy_ = false;
  bool is_paused_ = false;
  bool has_begun_ = false;  // to send
  long bytes_before_ = 0;   // sent to a proxy before
  std::size_t body_bytes_ = 0;
  Clock::time_point last_byte_;
  std::string refusal_;
  std::optional<std::pair<Failure::Kind, std::string>> given_up_;
};

}  // namespace ruvector::net
