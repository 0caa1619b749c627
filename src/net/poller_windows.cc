#include "net/poll_table.h"
#include "net/poller.h"
#include "net/socket_api.h"
#include "ruvector/base/wakeup.h"

namespace ruvector::net {

// Before version 2004 of Windows 10, WSAPoll() does not tell that a connection was refused: libcurl
// gives up when its time to connect is over.
struct Poller::System {
  Wakeup wakeup;
  PollTable<WSAPOLLFD> table{system_socket(wakeup.descriptor()),
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
  PollTable<WSAPOLLFD>& table = system_->table;
  const std::span<WSAPOLLFD> entries = table.entries();
  if (::WSAPoll(entries.data(), static_cast<ULONG>(entries.size()), timeout_ms) <= 0) {
    return table.events(true);
  }
  if (table.is_woken()) system_->wakeup.reset();
  return table.events(false);
}

}  // namespace ruvector::net
