#include "a2a/event_line.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

using std::chrono::milliseconds;

namespace {

using NoticeKind = ConnectOptions::Notice::Kind;

constexpr int kUnauthorized = 401;

bool is_event_stream(std::string_view content_type) {
  constexpr std::string_view kType = "text/event-stream";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  if (content_type.size() < kType.size()) return false;
  if (!std::equal(kType.begin(), kType.end(), content_type.begin(),
                  [&](char b, char a) { return same(a, b); })) {
    return false;
  }
  const std::string_view rest = content_type.substr(kType.size());
  return rest.empty() || rest[0] == ';' || rest[0] == ' ';
}

}  // namespace

EventLine::EventLine(std::shared_ptr<Link> link, std::weak_ptr<Owner> owner,
                     std::optional<milliseconds> idle_timeout)
    : link_(std::move(link)),
      owner_(std::move(owner)),
      idle_timeout_(idle_timeout),
      parser_(link_->http().limits.event_bytes) {}

void EventLine::open(net::Request request) {
  request_ = std::move(request);
  request_.is_stream = true;
  began_ = link_->now();
  link_->credentials().obtain(rejected_,
                              [self = shared_from_this()](const Credentials::Grant& grant,
                                                          const std::exception_ptr& error) {
                                const auto owner = self->owner();
                                if (self->is_over_ || owner == nullptr) return;
                                if (error == nullptr) return self->send(grant);
                                self->is_over_ = true;
                                owner->on_line_nonsense(error);
                              });
}

void EventLine::send(const Credentials::Grant& grant) {
  net::Request request = request_;
  generation_ = grant.generation;
  link_->notify(NoticeKind::request, request.method, request.url, 0, {}, "stream");
  link_->credentials().apply(grant, request);
  const std::shared_ptr<net::Transfer> transfer =
      link_->transport().start(std::move(request), shared_from_this());
  bool is_cut = false;
  {
    const std::lock_guard lock(transfer_mutex_);
    transfer_ = transfer;
    is_cut = is_cut_;
  }
  if (is_cut) transfer->cancel();
}

void EventLine::on_head(const net::ResponseHead& head) {
  head_ = head;
  link_->notify(NoticeKind::response, request_.method, request_.url, head.status,
                link_->now() - began_, "stream");
  if (is_over_) return;
  const bool is_success = head.status >= 200 && head.status < 300;
  if (!is_success || !is_event_stream(head.header("content-type"))) return await_answer();
  is_events_ = true;
  last_byte_ = link_->now();
  watch();
  if (const auto owner = this->owner()) owner->on_line_open();
}

// A stream under another name has no end, and what is no stream must have one.
void EventLine::await_answer() {
  const milliseconds limit = link_->http().timeouts.total;
  link_->after(limit, [weak = weak_from_this(), limit] {
    const std::shared_ptr<EventLine> self = weak.lock();
    if (self == nullptr || self->is_over_ || self->has_ended_) return;
    self->fail(net::Failure::Kind::timeout, "an answer of the type '" +
                                                std::string(self->head_.header("content-type")) +
                                                "', which is no event stream, did not end in " +
                                                std::to_string(limit.count()) + " ms");
  });
}

net::Flow EventLine::on_data(std::string_view bytes) {
  if (is_over_) return net::Flow::more;
  last_byte_ = link_->now();
  if (!is_events_) {
    const std::size_t limit = link_->http().limits.body_bytes;
    if (bytes.size() <= limit - std::min(limit, body_.size())) {
      body_.append(bytes);
    } else {
      fail(net::Failure::Kind::too_large,
           "an answer of more than the limit of " + std::to_string(limit) + " bytes");
    }
    return net::Flow::more;
  }
  parser_.push(bytes);
  if (drain()) return net::Flow::more;
  is_paused_ = true;
  return net::Flow::pause;
}

// False when events are left, because the owner wants no more for now.
bool EventLine::drain() {
  const std::shared_ptr<Owner> owner = this->owner();
  if (owner == nullptr) return true;
  bool is_drained = true;
  try {
    while (!is_over_) {
      if (!owner->wants_more()) {
        is_drained = false;
        break;
      }
      const std::optional<net::SseEvent> event = parser_.next();
      if (!event) break;
      owner->on_line_event(*event);
    }
  } catch (const ProtocolError&) {
    if (!std::exchange(is_over_, true)) owner->on_line_nonsense(std::current_exception());
  }
  owner->on_line_pause();
  return is_drained;
}

void EventLine::resume() {
  if (is_over_ || !std::exchange(is_paused_, false)) return;
  const auto self = shared_from_this();  // the owner may let go meanwhile
  if (!drain()) {
    is_paused_ = true;
    return;
  }
  if (is_over_) return;
  if (has_ended_) return end(failure_ ? &*failure_ : nullptr);
  last_byte_ = link_->now();
  if (const auto current = transfer()) current->resume();
}

void EventLine::on_end(const net::Failure* failure) {
  {
    const std::lock_guard lock(transfer_mutex_);
    transfer_.reset();
    if (is_cut_) is_over_ = true;  // the owner knows
  }
  if (is_over_) return;
  has_ended_ = true;
  if (failure != nullptr) failure_ = *failure;
  if (is_paused_) return;  // the events that came are told first
  end(failure);
}

void EventLine::end(const net::Failure* failure) {
  const std::shared_ptr<Owner> owner = this->owner();
  if (owner == nullptr) return;
  if (failure != nullptr || is_events_) {
    is_over_ = true;
    return owner->on_line_end(failure);
  }
  if (head_.status == kUnauthorized && log_in_again()) return;
  is_over_ = true;
  owner->on_line_answer(head_, std::move(body_));
}

bool EventLine::log_in_again() {
  if (rejected_ || !link_->credentials().can_refresh()) return false;
  rejected_ = generation_;
  has_ended_ = false;
  body_.clear();
  open(std::move(request_));
  return true;
}

// Looks from time to time whether anything came.
void EventLine::watch() {
  if (!idle_timeout_) return;
  const auto left = last_byte_ + *idle_timeout_ - link_->now();
  link_->after(left, [weak = weak_from_this()] {
    const std::shared_ptr<EventLine> self = weak.lock();
    if (self == nullptr || self->is_over_ || self->has_ended_) return;
    if (self->is_paused_) self->last_byte_ = self->link_->now();  // the reader is the slow one
    if (self->link_->now() - self->last_byte_ < *self->idle_timeout_) return self->watch();
    self->fail(net::Failure::Kind::idle_timeout,
               "nothing came in " + std::to_string(self->idle_timeout_->count()) + " ms");
  });
}

void EventLine::fail(net::Failure::Kind kind, const std::string& message) {
  if (std::exchange(is_over_, true)) return;
  cut();
  const net::Failure failure{.kind = kind, .message = message};
  if (const auto owner = this->owner()) owner->on_line_end(&failure);
}

void EventLine::let_go(milliseconds grace) {
  is_over_ = true;
  owner_.reset();
  const std::shared_ptr<net::Transfer> current = transfer();
  if (current == nullptr || grace == milliseconds(0)) return cut();
  // What it still says is read and forgotten, so that the connection can serve again.
  if (std::exchange(is_paused_, false)) current->resume();
  link_->after(grace, [self = shared_from_this()] { self->cut(); });
}

void EventLine::cut() {
  std::shared_ptr<net::Transfer> current;
  {
    const std::lock_guard lock(transfer_mutex_);
    is_cut_ = true;
    current = transfer_;
  }
  if (current != nullptr) current->cancel();
}

std::shared_ptr<net::Transfer> EventLine::transfer() {
  const std::lock_guard lock(transfer_mutex_);
  return transfer_;
}

}  // namespace ruvector::a2a
