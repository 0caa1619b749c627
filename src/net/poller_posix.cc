#include <poll.h>

#include "net/poll_table.h"
#include "net/poller.h"
#include "ruvector/base/wakeup.h"

namespace ruvector::net {

struct Poller::System {
  Wakeup wakeup;
  PollTable<pollfd> table{wakeup.descriptor(),
                          {.readable = POLLIN, .writable = POLLOUT, .invalid = POLLNVAL}};
};

Poller::Poller() : system_(std::make_unique<System>()) {}

Poller::~Poller() = default;

bool Poller::is_open() const noexcept { return system_->wakeup.is_open(); }

void Poller::wake() noexcept { system_->wakeup.notify(); }

bool Poller::watch(int socket, std::uint32_t what, std::size_t owner, bool) {
  system_->table.watch(socket, what, owner);
  return true;
}

void Poller::forget(int socket) noexcept { system_->table.forget(socket); }

std::span<const Poller::Event> Poller::wait(int timeout_ms) {
  PollTable<pollfd>& table = system_->table;
  const std::span<pollfd> entries = table.entries();
  if (::poll(entries.data(), static_cast<nfds_t>(entries.size()), timeout_ms) <= 0) {
    return table.events(true);
  }
  if (table.is_woken()) system_->wakeup.reset();
  return table.events(false);
}

}  // namespace ruvector::net
