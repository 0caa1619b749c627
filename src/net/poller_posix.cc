#include <poll.h>

#include <unordered_map>
#include <vector>

#include "net/poller.h"
#include "ruvector/base/wakeup.h"

namespace ruvector::net {

// The first of `waiting` is the descriptor that wakes the thread; others are sockets.
struct Poller::System {
  Wakeup wakeup;
  std::vector<pollfd> waiting = {{.fd = wakeup.descriptor(), .events = POLLIN, .revents = 0}};
  std::vector<std::size_t> owners = {0};
  std::unordered_map<int, std::size_t> places;
  std::vector<Event> events;
};

Poller::Poller() : system_(std::make_unique<System>()) {}

Poller::~Poller() = default;

bool Poller::is_open() const noexcept { return system_->wakeup.is_open(); }

void Poller::wake() noexcept { system_->wakeup.notify(); }

bool Poller::watch(int socket, std::uint32_t what, std::size_t owner, bool) {
  int events = 0;
  if ((what & kReadable) != 0) events |= POLLIN;
  if ((what & kWritable) != 0) events |= POLLOUT;
  const pollfd waiting{.fd = socket, .events = static_cast<short>(events), .revents = 0};
  // First, so that what follows cannot fail halfway, and wait() not at all.
  system_->waiting.reserve(system_->waiting.size() + 1);
  system_->owners.reserve(system_->waiting.size() + 1);
  system_->events.reserve(system_->waiting.size());
  const auto [found, is_new] = system_->places.try_emplace(socket, system_->waiting.size());
  if (is_new) {
    system_->waiting.push_back(waiting);
    system_->owners.push_back(owner);
  } else {
    system_->waiting[found->second] = waiting;
    system_->owners[found->second] = owner;
  }
  return true;
}

void Poller::forget(int socket) noexcept {
  const auto found = system_->places.find(socket);
  if (found == system_->places.end()) return;
  const std::size_t place = found->second;
  system_->places.erase(found);
  if (place + 1 != system_->waiting.size()) {
    system_->waiting[place] = system_->waiting.back();
    system_->owners[place] = system_->owners.back();
    system_->places[system_->waiting[place].fd] = place;
  }
  system_->waiting.pop_back();
  system_->owners.pop_back();
}

std::span<const Poller::Event> Poller::wait(int timeout_ms) {
  std::vector<Event>& events = system_->events;
  events.clear();
  std::vector<pollfd>& waiting = system_->waiting;
  if (::poll(waiting.data(), static_cast<nfds_t>(waiting.size()), timeout_ms) <= 0) return events;
  if (waiting[0].revents != 0) system_->wakeup.reset();
  // From the last: forget() puts it in the place of another.
  for (std::size_t i = waiting.size() - 1; i > 0; --i) {
    const int happened = waiting[i].revents;
    if (happened == 0) continue;
    std::uint32_t what = 0;
    if ((happened & POLLIN) != 0) what |= kReadable;
    if ((happened & POLLOUT) != 0) what |= kWritable;
    events.push_back({system_->owners[i], waiting[i].fd, what});
    // As epoll does it: whoever has closed a socket is told no more of it.
    if ((happened & POLLNVAL) != 0) forget(waiting[i].fd);
  }
  return events;
}

}  // namespace ruvector::net
