#include "net/http_transfer.h"

#include <exception>
#include <stdexcept>

#include "net/address_policy.h"
#include "net/connection_pool.h"
#include "net/failure.h"
#include "net/url.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/fork_epoch.h"

namespace ruvector::net {
namespace {

using Kind = Failure::Kind;

std::string milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

std::string over(const char* what, std::size_t limit) {
  return std::string(what) + " is above the limit of " + std::to_string(limit) + " bytes";
}

}  // namespace

HttpTransfer::HttpTransfer(std::shared_ptr<ConnectionPool> pool, Request request,
                           std::shared_ptr<Receiver> receiver)
    : pool_(std::move(pool)),
      epoch_(base::fork_epoch()),
      request_(std::move(request)),
      receiver_(std::move(receiver)),
      headers_(pool_->options().limits.header_bytes) {}

HttpTransfer::~HttpTransfer() {
  // A child must not clean up what its parent has open.
  if (epoch_ == base::fork_epoch()) return;
  [[maybe_unused]] EasyHandle* left_behind = handle_.release();
}

void HttpTransfer::cancel() {
  if (epoch_ != base::fork_epoch()) {
    end_in_child();
    return;
  }
  is_cancelled_.store(true, std::memory_order_relaxed);
  static_cast<void>(pool_->io().post([self = shared_from_this()] { self->pool_->cancel(*self); }));
}

void HttpTransfer::resume() {
  if (epoch_ != base::fork_epoch()) return;
  static_cast<void>(pool_->io().post([self = shared_from_this()] { self->pool_->resume(*self); }));
}

// The parent's thread did not come along, so nobody else will say it.
void HttpTransfer::end_in_child() noexcept {
  const auto say = [self = shared_from_this()] {
    const Failure failure{.kind = Kind::shut_down,
                          .message = "the request was of the parent process",
                          .request_was_sent = true};
    self->end(&failure);
  };
  if (!IoThread::of_process().post(say)) say();
}

void HttpTransfer::begin(std::unique_ptr<EasyHandle>& handle) {
  const Url url = Url::parse(request_.url);
  const HttpOptions& options = pool_->options();
  const std::string& proxy = pool_->proxies().for_url(url);
  origin_ = url.origin();
  is_plain_http_ = !url.is_https();
  has_proxy_ = !proxy.empty();
  // A proxy looks names up itself, so all that can be judged is what is written.
  if (const auto why = refusal(options.addresses, is_plain_http_, url.host())) {
    refusal_ = *why;
    throw std::invalid_argument(*why);
  }
  if (has_proxy_ && is_plain_http_ && !options.addresses.allow_plain_http &&
      classify(url.host()) != AddressKind::loopback) {
    refusal_ = "http:// through a proxy is too little (allow_plain_http)";
    throw std::invalid_argument(refusal_);
  }
  total_timeout_ = request_.total_timeout;
  if (total_timeout_.count() <= 0) {
    total_timeout_ = request_.is_stream ? std::chrono::milliseconds(0) : options.timeouts.total;
  }
  handle->begin(request_, options, {url.str(), proxy, total_timeout_}, *this);
  handle_ = std::move(handle);
  last_byte_ = Clock::now();
}

std::unique_ptr<EasyHandle> HttpTransfer::release_handle() noexcept {
  handle_->end();
  return std::move(handle_);
}

void HttpTransfer::end(const Failure* failure) noexcept {
  if (has_ended_.exchange(true)) return;
  const std::shared_ptr<Receiver> receiver = std::move(receiver_);
  try {
    receiver->on_end(failure);
  } catch (const std::exception&) {
    return;  // nobody is left to be told
  }
}

bool HttpTransfer::request_was_sent() const noexcept {
  return has_begun_ && handle_ && handle_->request_bytes() > bytes_before_;
}

Failure HttpTransfer::failure(Kind kind, const std::string& text) const {
  return {.kind = kind,
          .message = (origin_.empty() ? "net" : origin_) + ": " + text,
          .request_was_sent = request_was_sent()};
}

Failure HttpTransfer::start_failure(const std::string& what) const {
  return failure(refusal_.empty() ? Kind::protocol : Kind::refused_address, what);
}

std::optional<Failure> HttpTransfer::outcome(int code) const {
  if (is_cancelled_.load(std::memory_order_relaxed)) return failure(Kind::cancelled, "cancelled");
  if (given_up_) return failure(given_up_->first, given_up_->second);
  if (code == CURLE_OK) {
    if (headers_.is_complete()) return std::nullopt;
    // libcurl is content with half of a head.
    return failure(Kind::broken, "the connection ended before the head of the answer did");
  }
  if (code == CURLE_COULDNT_CONNECT && !refusal_.empty()) {
    return failure(Kind::refused_address, refusal_);
  }
  if (code == CURLE_FILESIZE_EXCEEDED) {
    return failure(Kind::too_large, over("the answer's body", request_.max_body_bytes));
  }
  Failure failed = failure_of(
      code, handle_->detail(),
      {.origin = origin_, .request_was_begun = has_begun_, .request_was_sent = request_was_sent()});
  if (failed.kind == Kind::timeout) {
    failed.message += " (limits: to connect " + milliseconds(pool_->options().timeouts.connect) +
                      ", in all " + milliseconds(total_timeout_) + ")";
  }
  return failed;
}

bool HttpTransfer::give_up(Kind kind, const std::string& text) {
  if (!given_up_) given_up_.emplace(kind, text);
  return false;
}

std::optional<HttpTransfer::Clock::time_point> HttpTransfer::next_check() const noexcept {
  if (!request_.is_stream) return std::nullopt;
  const Timeouts& timeouts = pool_->options().timeouts;
  const std::chrono::milliseconds limit = headers_.is_complete() ? timeouts.idle : timeouts.header;
  if (limit.count() <= 0) return std::nullopt;
  // While it is paused, nothing is expected; resume() sets the clock anew.
  return (is_paused_ ? Clock::now() : last_byte_) + limit;
}

std::optional<Failure> HttpTransfer::overdue(Clock::time_point now) const {
  const auto next = next_check();
  if (!next || *next > now) return std::nullopt;
  const Timeouts& timeouts = pool_->options().timeouts;
  if (!headers_.is_complete()) {
    return failure(Kind::timeout, "no head of an answer within " + milliseconds(timeouts.header));
  }
  return failure(Kind::idle_timeout, "no byte within " + milliseconds(timeouts.idle));
}

void HttpTransfer::resume_here() {
  if (!is_paused_) return;
  is_paused_ = false;
  last_byte_ = Clock::now();
  handle_->resume();
}

bool HttpTransfer::on_header_line(std::string_view line) try {
  if (is_cancelled_.load(std::memory_order_relaxed)) return false;
  const bool is_trailer = headers_.is_complete();
  switch (headers_.add(line)) {
    case HeaderReader::Step::more:
      if (is_trailer) last_byte_ = Clock::now();
      return true;
    case HeaderReader::Step::too_large:
      return give_up(Kind::too_large,
                     over("the answer's head", pool_->options().limits.header_bytes));
    case HeaderReader::Step::malformed:
      return give_up(Kind::protocol, "the head of the answer is no HTTP");
    case HeaderReader::Step::complete:
      break;
  }
  last_byte_ = Clock::now();
  pool_->check_again(*this);
  receiver_->on_head(headers_.head());
  return !is_cancelled_.load(std::memory_order_relaxed);
} catch (const std::exception& error) {
  return give_up(Kind::broken, std::string("the receiver failed: ") + error.what());
}

EasyHandle::Taken HttpTransfer::on_body(std::string_view bytes) try {
  using Taken = EasyHandle::Taken;
  if (is_cancelled_.load(std::memory_order_relaxed)) return Taken::give_up;
  if (is_paused_) return Taken::later;
  if (request_.is_stream) {
    last_byte_ = Clock::now();
  } else {
    body_bytes_ += bytes.size();
    if (body_bytes_ > request_.max_body_bytes) {
      give_up(Kind::too_large, over("the answer's body", request_.max_body_bytes));
      return Taken::give_up;
    }
  }
  if (receiver_->on_data(bytes) == Flow::pause) {
    is_paused_ = true;
    handle_->pause();
  }
  return Taken::all;
} catch (const std::exception& error) {
  give_up(Kind::broken, std::string("the receiver failed: ") + error.what());
  return EasyHandle::Taken::give_up;
}

bool HttpTransfer::may_be_repeated() const noexcept {
  return request_.method == "GET" || request_.method == "HEAD";
}

// libcurl asks again, on another connection, when one that was kept alive ends without an answer;
// but the peer may have read what was sent.
bool HttpTransfer::on_connected() {
  if (has_begun_ && request_was_sent() && !may_be_repeated()) {
    return give_up(Kind::broken, "the kept connection ended before the answer");
  }
  if (!has_begun_) bytes_before_ = handle_->request_bytes();
  has_begun_ = true;
  return true;
}

bool HttpTransfer::may_connect(const sockaddr& address, std::size_t size) try {
  if (has_proxy_) return true;
  const auto why = refusal(pool_->options().addresses, is_plain_http_, address, size);
  if (!why) return true;
  refusal_ = *why;
  return false;
} catch (const std::exception&) {
  return false;
}

}  // namespace ruvector::net
