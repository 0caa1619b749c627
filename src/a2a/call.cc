#include "a2a/call.h"

#include <algorithm>
#include <utility>

#include "a2a/failure.h"

namespace ruvector::a2a {

using std::chrono::milliseconds;

namespace {

using NoticeKind = ConnectOptions::Notice::Kind;

// In place of a deadline where there is none: the transport has one of its own otherwise.
constexpr milliseconds kNoDeadline{24 * 60 * 60 * 1000};

constexpr int kUnauthorized = 401;

}  // namespace

Call::Call(std::shared_ptr<Link> link, Order order, Done done)
    : link_(std::move(link)), order_(std::move(order)), done_(std::move(done)) {}

void Call::start() {
  if (done_ == nullptr) return;
  began_ = link_->now();
  if (order_.deadline) deadline_ = began_ + *order_.deadline;
  attempt();
}

void Call::attempt() {
  ++attempts_;
  head_ = {};
  body_.clear();
  link_->credentials().obtain(rejected_,
                              [self = shared_from_this()](const Credentials::Grant& grant,
                                                          const std::exception_ptr& error) {
                                if (self->done_ == nullptr) return;
                                if (error != nullptr)
                                  return self->finish({.error = error, .may_have_run = false});
                                self->send(grant);
                              });
}

void Call::send(const Credentials::Grant& grant) {
  net::Request request = order_.request;
  request.total_timeout = time_left();
  if (request.total_timeout <= milliseconds(0)) {
    const net::Failure late{
        .kind = net::Failure::Kind::timeout,
        .message = "no time is left of " + std::to_string(order_.deadline->count()) + " ms",
        .request_was_sent = false};
    return finish({.error = to_error(late, order_.what), .may_have_run = false});
  }
  generation_ = grant.generation;
  link_->notify(NoticeKind::request, request.method, request.url, 0, {}, order_.what);
  link_->credentials().apply(grant, request);
  transfer_ = link_->transport().start(std::move(request), shared_from_this());
}

milliseconds Call::time_left() const {
  if (!deadline_) return kNoDeadline;
  return std::chrono::duration_cast<milliseconds>(*deadline_ - link_->now());
}

void Call::on_head(const net::ResponseHead& head) { head_ = head; }

net::Flow Call::on_data(std::string_view bytes) {
  body_.append(bytes);
  return net::Flow::more;
}

void Call::on_end(const net::Failure* failure) {
  transfer_.reset();
  if (done_ == nullptr) return;
  if (failure != nullptr) {
    const auto delay = link_->retry().after_failure(order_.kind, attempts_, *failure);
    if (send_again_after(delay, failure->message)) return;
    return finish(
        {.error = to_error(*failure, order_.what), .may_have_run = failure->request_was_sent});
  }
  link_->notify(NoticeKind::response, order_.request.method, order_.request.url, head_.status,
                link_->now() - began_, order_.what);
  if (head_.status == kUnauthorized && !rejected_ && link_->credentials().can_refresh()) {
    rejected_ = generation_;
    --attempts_;  // the peer has not looked at it
    return attempt();
  }
  if (head_.status >= 400) {
    const auto delay = link_->retry().after_status(order_.kind, attempts_, head_.status,
                                                   head_.header("retry-after"));
    if (send_again_after(delay, "status " + std::to_string(head_.status))) return;
  }
  finish({.head = std::move(head_), .body = std::move(body_)});
}

bool Call::send_again_after(std::optional<milliseconds> delay, std::string_view why) {
  if (!delay || *delay >= time_left()) return false;
  link_->notify(NoticeKind::retry, order_.request.method, order_.request.url, head_.status,
                link_->now() - began_, why);
  link_->after(*delay, [weak = weak_from_this()] {
    const std::shared_ptr<Call> self = weak.lock();
    if (self != nullptr && self->done_ != nullptr) self->attempt();
  });
  return true;
}

void Call::abort(std::exception_ptr why) {
  if (done_ == nullptr) return;
  const std::shared_ptr<net::Transfer> transfer = std::exchange(transfer_, nullptr);
  finish({.error = std::move(why)});
  if (transfer != nullptr) transfer->cancel();
}

void Call::finish(Answer answer) {
  const Done done = std::exchange(done_, nullptr);
  link_->ended(shared_from_this());
  done(std::move(answer));
}

}  // namespace ruvector::a2a
