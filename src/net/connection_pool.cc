#include "net/connection_pool.h"

#include <exception>

#include "net/ca_file.h"

namespace ruvector::net {
namespace {

using Kind = Failure::Kind;

// Connections, and handles for requests over them, that are kept although nobody uses them.
constexpr long kIdleConnections = 64;
constexpr std::size_t kIdleHandles = 64;

}  // namespace

ConnectionPool::ConnectionPool(IoThread& io, HttpOptions options)
    : io_(io),
      options_(std::move(options)),
      proxies_(options_),
      ca_file_(find_ca_file(options_.tls.ca_file)) {}

bool ConnectionPool::open() {
  if (multi_ != nullptr) return true;
  multi_ = curl_multi_init();
  if (multi_ == nullptr) return false;
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &ConnectionPool::watch_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &ConnectionPool::set_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnections);
  io_.add(shared_from_this());
  return true;
}

void ConnectionPool::start(const std::shared_ptr<HttpTransfer>& transfer) {
  if (is_closed_ || !open()) {
    const Failure failure = transfer->failure(Kind::shut_down, "the transport has ended");
    transfer->end(&failure);
    return;
  }
  try {
    add(transfer);
  } catch (const std::exception& error) {
    const Failure failure = transfer->start_failure(error.what());
    transfer->end(&failure);
  }
  update_deadline();
}

void ConnectionPool::add(const std::shared_ptr<HttpTransfer>& transfer) {
  std::unique_ptr<EasyHandle> handle;
  if (idle_handles_.empty()) {
    handle = std::make_unique<EasyHandle>(options_, ca_file_);
  } else {
    handle = std::move(idle_handles_.back());
    idle_handles_.pop_back();
  }
  transfer->begin(handle);
  active_.emplace(transfer.get(), Active{.transfer = transfer, .check = std::nullopt});
  const CURLMcode code = curl_multi_add_handle(multi_, transfer->handle().get());
  if (code != CURLM_OK) {
    finish(*transfer, transfer->failure(Kind::broken, curl_multi_strerror(code)));
    return;
  }
  check_later(*transfer);
}

void ConnectionPool::cancel(HttpTransfer& transfer) {
  if (!transfer.is_active()) return;
  finish(transfer, transfer.failure(Kind::cancelled, "cancelled"));
  update_deadline();
}

void ConnectionPool::resume(HttpTransfer& transfer) {
  if (!transfer.is_active()) return;
  transfer.resume_here();
  take_finished();
  update_deadline();
}

void ConnectionPool::call_at(Clock::time_point time, std::function<void()> task) {
  if (is_closed_ || !open()) return;
  tasks_.emplace(time, std::move(task));
  update_deadline();
}

void ConnectionPool::close() {
  is_closed_ = true;
  if (multi_ == nullptr) return;
  decltype(tasks_)().swap(tasks_);
  while (!active_.empty()) {
    HttpTransfer& transfer = *active_.begin()->first;
    finish(transfer, transfer.failure(Kind::shut_down, "the transport has ended"));
  }
  idle_handles_.clear();
  curl_multi_cleanup(multi_);
  io_.remove(*this);
}

void ConnectionPool::on_socket(int socket, std::uint32_t events) {
  int what = 0;
  if ((events & Poller::kReadable) != 0) what |= CURL_CSELECT_IN;
  if ((events & Poller::kWritable) != 0) what |= CURL_CSELECT_OUT;
  act(system_socket(socket), what);
  update_deadline();
}

void ConnectionPool::on_deadline(Clock::time_point now) {
  if (curl_deadline_ && *curl_deadline_ <= now) {
    curl_deadline_.reset();
    act(CURL_SOCKET_TIMEOUT, 0);
  }
  check_transfers(now);
  run_tasks(now);
  update_deadline();
}

void ConnectionPool::act(curl_socket_t socket, int events) {
  int ignored = 0;
  curl_multi_socket_action(multi_, socket, events, &ignored);
  take_finished();
}

void ConnectionPool::take_finished() {
  int ignored = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &ignored)) {
    if (message->msg != CURLMSG_DONE) continue;
    auto& transfer = static_cast<HttpTransfer&>(*EasyHandle::of(message->easy_handle).events());
    finish(transfer, transfer.outcome(message->data.result));
  }
}

void ConnectionPool::finish(HttpTransfer& transfer, const std::optional<Failure>& failure) {
  const auto found = active_.find(&transfer);
  const Active active = std::move(found->second);
  active_.erase(found);
  if (active.check) checks_.erase({*active.check, &transfer});
  curl_multi_remove_handle(multi_, transfer.handle().get());
  std::unique_ptr<EasyHandle> handle = transfer.release_handle();
  if (idle_handles_.size() < kIdleHandles) idle_handles_.push_back(std::move(handle));
  transfer.end(failure ? &*failure : nullptr);
}

void ConnectionPool::check_later(HttpTransfer& transfer) {
  Active& active = active_.at(&transfer);
  active.check = transfer.next_check();
  if (active.check) checks_.emplace(*active.check, &transfer);
}

void ConnectionPool::check_again(HttpTransfer& transfer) {
  Active& active = active_.at(&transfer);
  if (!active.check) return;
  checks_.erase({*active.check, &transfer});
  check_later(transfer);
}

void ConnectionPool::check_transfers(Clock::time_point now) {
  while (!checks_.empty() && checks_.begin()->first <= now) {
    HttpTransfer& transfer = *checks_.begin()->second;
    checks_.erase(checks_.begin());
    active_.at(&transfer).check.reset();
    if (const auto failure = transfer.overdue(now)) {
      finish(transfer, failure);
    } else {
      check_later(transfer);
    }
  }
}

void ConnectionPool::run_tasks(Clock::time_point now) {
  while (!tasks_.empty() && tasks_.begin()->first <= now) {
    const std::function<void()> task = std::move(tasks_.begin()->second);
    tasks_.erase(tasks_.begin());
    task();
  }
}

void ConnectionPool::update_deadline() {
  std::optional<Clock::time_point> next = curl_deadline_;
  const auto consider = [&](Clock::time_point time) {
    if (!next || time < *next) next = time;
  };
  if (!checks_.empty()) consider(checks_.begin()->first);
  if (!tasks_.empty()) consider(tasks_.begin()->first);
  io_.set_deadline(*this, next);
}

int ConnectionPool::watch_socket(CURL*, curl_socket_t socket, int what, void* self,
                                 void* is_watched) {
  auto& pool = *static_cast<ConnectionPool*>(self);
  if (what == CURL_POLL_REMOVE) {
    pool.io_.forget(static_cast<int>(socket));
    return 0;
  }
  std::uint32_t events = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= Poller::kReadable;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= Poller::kWritable;
  try {
    pool.io_.watch(pool, static_cast<int>(socket), events, is_watched != nullptr);
  } catch (const std::exception&) {
    return -1;
  }
  if (is_watched == nullptr) curl_multi_assign(pool.multi_, socket, self);
  return 0;
}

int ConnectionPool::set_timer(CURLM*, long timeout_ms, void* self) {
  auto& pool = *static_cast<ConnectionPool*>(self);
  if (timeout_ms < 0) {
    pool.curl_deadline_.reset();
  } else {
    pool.curl_deadline_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
  }
  return 0;
}

}  // namespace ruvector::net
