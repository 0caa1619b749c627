#include "a2a/link.h"

#include <string>
#include <utility>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

namespace {

std::exception_ptr closed_error() {
  return std::make_exception_ptr(TransportError("client: it was closed"));
}

}  // namespace

Link::Link(std::shared_ptr<net::Transport> transport, const ConnectOptions& options,
           RetryPolicy::Sources sources)
    : transport_(std::move(transport)),
      credentials_(std::make_shared<Credentials>(transport_, options.authorization, options.api_key,
                                                 options.http.headers)),
      retry_(std::move(sources)),
      http_(options.http),
      observer_(options.observer) {}

A2aClient::Cancel Link::launch(std::shared_ptr<Operation> operation) {
  require_open();
  std::weak_ptr<Operation> weak = operation;
  post([self = shared_from_this(), operation = std::move(operation)] { self->begin(operation); });
  return [self = weak_from_this(), weak = std::move(weak)] {
    const std::shared_ptr<Link> link = self.lock();
    if (link == nullptr || weak.expired()) return;
    link->post([weak] {
      const std::shared_ptr<Operation> known = weak.lock();
      if (known != nullptr) known->abort(std::make_exception_ptr(Cancelled("it was cancelled")));
    });
  };
}

void Link::begin(const std::shared_ptr<Operation>& operation) {
  if (is_closed_.load()) return operation->abort(closed_error());
  in_flight_.insert(operation);
  operation->start();
}

void Link::ended(const std::shared_ptr<Operation>& operation) { in_flight_.erase(operation); }

void Link::close() {
  if (is_closed_.exchange(true)) return;
  post([self = shared_from_this()] {
    for (const auto& operation : std::exchange(self->in_flight_, {})) {
      operation->abort(closed_error());
    }
  });
}

void Link::require_open() const {
  if (is_closed_.load()) throw A2aError("client: it is closed");
}

void Link::notify(Notice::Kind kind, std::string_view method, std::string_view url, int status,
                  std::chrono::steady_clock::duration elapsed, std::string_view detail) const {
  if (observer_ == nullptr) return;
  observer_({.kind = kind,
             .method = std::string(method),
             .url = std::string(url),
             .status = status,
             .elapsed = std::chrono::duration_cast<std::chrono::microseconds>(elapsed),
             .detail = std::string(detail)});
}

}  // namespace ruvector::a2a
