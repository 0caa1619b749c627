#include <sys/epoll.h>
#include <unistd.h>

#include <array>

#include "net/poller.h"
#include "ruvector/base/wakeup.h"

namespace ruvector::net {
namespace {

constexpr std::size_t kMostEvents = 128;
// The data of the descriptor that wakes the thread.
constexpr std::uint64_t kWakeup = ~std::uint64_t{0};

std::uint64_t data_of(std::size_t owner, int socket) {
  return (std::uint64_t{owner} << 32) | static_cast<std::uint32_t>(socket);
}

Poller::Event event_of(const epoll_event& event) {
  std::uint32_t what = 0;
  if ((event.events & EPOLLIN) != 0) what |= Poller::kReadable;
  if ((event.events & EPOLLOUT) != 0) what |= Poller::kWritable;
  return {event.data.u64 >> 32, static_cast<int>(event.data.u64 & 0xFFFF'FFFFU), what};
}

}  // namespace

struct Poller::System {
  ~System() {
    if (epoll >= 0) ::close(epoll);
  }

  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  Wakeup wakeup;
  std::array<epoll_event, kMostEvents> ready;
  std::array<Event, kMostEvents> events;
};

Poller::Poller() : system_(std::make_unique<System>()) {
  if (!is_open()) return;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeup;
  ::epoll_ctl(system_->epoll, EPOLL_CTL_ADD, system_->wakeup.descriptor(), &event);
}

Poller::~Poller() = default;

bool Poller::is_open() const noexcept { return system_->epoll >= 0 && system_->wakeup.is_open(); }

void Poller::wake() noexcept { system_->wakeup.notify(); }

bool Poller::watch(int socket, std::uint32_t what, std::size_t owner, bool is_watched) {
  epoll_event event{};
  if ((what & kReadable) != 0) event.events |= EPOLLIN;
  if ((what & kWritable) != 0) event.events |= EPOLLOUT;
  event.data.u64 = data_of(owner, socket);
  const int operation = is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  return ::epoll_ctl(system_->epoll, operation, socket, &event) == 0;
}

void Poller::forget(int socket) noexcept {
  ::epoll_ctl(system_->epoll, EPOLL_CTL_DEL, socket, nullptr);
}

std::span<const Poller::Event> Poller::wait(int timeout_ms) {
  const int count = ::epoll_wait(system_->epoll, system_->ready.data(),
                                 static_cast<int>(system_->ready.size()), timeout_ms);
  std::size_t events = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = system_->ready[static_cast<std::size_t>(i)];
    if (event.data.u64 == kWakeup) {
      system_->wakeup.reset();
    } else {
      system_->events[events++] = event_of(event);
    }
  }
  return {system_->events.data(), events};
}

}  // namespace ruvector::net
